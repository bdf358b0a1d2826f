//! The table of all routes: a path is registered only together with the class of callers that may use it,
//! and documented in the same breath. What is not in [`table`] does not exist.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use domain::access::Access;
use domain::audit::noun_of;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::app::App;
use crate::gate::{Door, Gate, gate};
use crate::serve::cross_site;
use crate::{
    access, adopt, artifact, audit, change, check, checkpoint, cluster, cluster_jars, cluster_lifecycle, connection, delivery, destination,
    document, download, draft, event, evidence, exception, flink_version, grant, graph, health, installation, invitation, job,
    job_configuration, lifecycle, log, manifests, member, new_cluster, operation, operation_wait, release, release_diff, restart, run,
    run_artifact, snapshot, target, team, unmanaged_cluster, upload, user, variable, web_ui,
};

/// Where the paths of teams begin.
const TEAM: &str = "/api/v1/teams/{team}";

/// What may be done by whom, as the role tests read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified {
    /// `GET`, `POST`, ….
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// What a caller must be.
    pub access: Access,
    /// The operation's id.
    pub operation: String,
    /// Whether each request leaves a row in the audit list.
    pub audited: bool,
}

/// Routes with their classes, before they become a router or a document.
#[derive(Default)]
pub struct Routes {
    list: Vec<(Gate, UtoipaMethodRouter<App>)>,
    classes: Vec<Classified>,
}

/// Every route of the API.
#[must_use]
pub fn table() -> Routes {
    let routes = Routes::default();
    let routes = platform(routes);
    let routes = people(routes);
    let routes = targets(routes);
    let routes = clusters(routes);
    let routes = artifacts(routes);
    let routes = jobs(routes);
    let routes = messages(routes);
    let routes = variables(routes);
    lifecycle(routes)
}

fn platform(routes: Routes) -> Routes {
    routes
        .add("", Access::Public, routes!(health::healthz))
        .add("", Access::Public, routes!(health::readyz))
        .add("", Access::Public, routes!(health::metrics))
        .add("/api/v1", Access::Public, routes!(document::get_open_api))
        .add("/api/v1", Access::Public, routes!(document::get_files_schema))
        .add("/api/v1", Access::Public, routes!(access::sign_in::sign_in))
        .add("/api/v1", Access::Public, routes!(access::sign_in::sign_in_by_link))
        .add("/api/v1", Access::Public, routes!(run_artifact::get_run_artifact))
        .add("/api/v1", Access::SignedIn, routes!(access::sign_in::sign_out))
        .add("/api/v1", Access::SignedIn, routes!(access::me::get_me))
        .add("/api/v1", Access::Account, routes!(access::me::set_password))
        .add("/api/v1", Access::Account, routes!(access::session::list_sessions))
        .add("/api/v1", Access::Account, routes!(access::session::delete_session))
        .add("/api/v1", Access::Account, routes!(access::token::list_tokens))
        .add("/api/v1", Access::Account, routes!(access::token::create_token))
        .add("/api/v1", Access::Account, routes!(access::token::delete_token))
        .add("/api/v1", Access::SignedIn, routes!(change::follow_changes))
        .add("/api/v1", Access::SignedIn, routes!(team::list_teams))
        .add("/api/v1", Access::PlatformAdmin, routes!(team::create_team))
        .add("/api/v1", Access::SignedIn, routes!(flink_version::list_flink_versions))
        .add("/api/v1", Access::PlatformAdmin, routes!(flink_version::add_flink_version))
        .add("/api/v1", Access::PlatformAdmin, routes!(flink_version::delete_flink_version))
        .add("/api/v1", Access::PlatformAdmin, routes!(installation::install_flink_version))
        .add("/api/v1", Access::SignedIn, routes!(installation::list_installations))
        .add("/api/v1", Access::SignedIn, routes!(installation::get_installation))
}

fn people(routes: Routes) -> Routes {
    routes
        .add("/api/v1", Access::PlatformAdmin, routes!(user::list_users))
        .add("/api/v1", Access::PlatformAdmin, routes!(user::create_user))
        .add("/api/v1", Access::PlatformAdmin, routes!(user::get_user))
        .add("/api/v1", Access::PlatformAdmin, routes!(user::change_user))
        .add("/api/v1", Access::PlatformAdmin, routes!(user::create_user_link))
        .add("/api/v1", Access::PlatformAdmin, routes!(audit::list_audit))
        .add("/api/v1", Access::PlatformAdmin, routes!(grant::list_flink_version_grants))
        .add("/api/v1", Access::PlatformAdmin, routes!(grant::grant_flink_version))
        .ask("/api/v1", Access::Public, routes!(invitation::look_at_invitation))
        .add("/api/v1", Access::Public, routes!(invitation::accept_invitation))
        .add("/api/v1", Access::Account, routes!(invitation::join_by_invitation))
        .add(TEAM, Access::PlatformAdmin, routes!(team::change_team))
        .add(TEAM, Access::Viewer, routes!(member::list_members))
        .add(TEAM, Access::TeamAdmin, routes!(member::set_member))
        .add(TEAM, Access::TeamAdmin, routes!(member::remove_member))
        .add(TEAM, Access::TeamAdmin, routes!(invitation::list_invitations))
        .add(TEAM, Access::TeamAdmin, routes!(invitation::create_invitation))
        .add(TEAM, Access::TeamAdmin, routes!(invitation::delete_invitation))
        .add(TEAM, Access::TeamAdmin, routes!(audit::list_team_audit))
        .add(TEAM, Access::Viewer, routes!(grant::list_team_flink_versions))
}

fn targets(routes: Routes) -> Routes {
    routes
        .add("/api/v1", Access::PlatformAdmin, routes!(target::list_targets))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::create_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::get_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::change_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::delete_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::grant_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::test_target))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::cancel_probe))
        .add("/api/v1", Access::PlatformAdmin, routes!(target::test_place))
        .ask("/api/v1", Access::PlatformAdmin, routes!(target::compare_kubeconfig))
        .add(TEAM, Access::Viewer, routes!(target::list_team_targets))
}

fn clusters(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Viewer, routes!(cluster::list_clusters))
        .add(TEAM, Access::Developer, routes!(new_cluster::create_cluster))
        .add(TEAM, Access::Viewer, routes!(cluster::get_cluster))
        .add(TEAM, Access::Developer, routes!(connection::set_connection))
        .ask(TEAM, Access::Developer, routes!(connection::compare_connection))
        .add(TEAM, Access::Developer, routes!(connection::test_connection))
        .add(TEAM, Access::Developer, routes!(connection::test_address))
        .add(TEAM, Access::Developer, routes!(cluster_jars::set_cluster_jars))
        .add(TEAM, Access::Developer, routes!(unmanaged_cluster::set_access))
        .add(TEAM, Access::Viewer, routes!(unmanaged_cluster::list_found_clusters))
        .add(TEAM, Access::Developer, routes!(cluster::delete_cluster))
        .add(TEAM, Access::Operator, routes!(cluster_lifecycle::start_cluster))
        .add(TEAM, Access::Operator, routes!(cluster_lifecycle::stop_cluster))
        .add(TEAM, Access::Viewer, routes!(operation::list_cluster_operations))
        .add(TEAM, Access::Viewer, routes!(event::list_cluster_events))
        .add(TEAM, Access::Viewer, routes!(log::list_cluster_logs))
        .add(TEAM, Access::Viewer, routes!(log::get_cluster_log_tail))
        .add(TEAM, Access::Viewer, routes!(log::follow_cluster_log))
        .add(TEAM, Access::Viewer, routes!(web_ui::get_web_ui))
        .add(TEAM, Access::Operator, routes!(web_ui::post_to_web_ui))
        .add(TEAM, Access::Operator, routes!(web_ui::put_to_web_ui))
        .add(TEAM, Access::Operator, routes!(web_ui::patch_web_ui))
}

fn artifacts(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Viewer, routes!(artifact::list_artifacts))
        .add(TEAM, Access::Viewer, routes!(artifact::get_artifact))
        .add(TEAM, Access::Developer, routes!(artifact::delete_artifact))
        .add(TEAM, Access::Viewer, routes!(download::download_artifact))
        .add(TEAM, Access::Developer, routes!(upload::create_upload))
        .add(TEAM, Access::Developer, routes!(upload::list_uploads))
        .add(TEAM, Access::Developer, routes!(upload::get_upload))
        .add(TEAM, Access::Developer, routes!(upload::append_to_upload))
        .add(TEAM, Access::Developer, routes!(upload::complete_upload))
        .add(TEAM, Access::Developer, routes!(upload::delete_upload))
}

fn jobs(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Viewer, routes!(job::list_jobs))
        .add(TEAM, Access::Developer, routes!(job::create_job))
        .add(TEAM, Access::Viewer, routes!(job::get_job))
        .add(TEAM, Access::Developer, routes!(job::change_job))
        .add(TEAM, Access::Viewer, routes!(restart::get_restart_policy))
        .add(TEAM, Access::Operator, routes!(restart::set_restart_policy))
        .add(TEAM, Access::Viewer, routes!(draft::get_draft))
        .add(TEAM, Access::Developer, routes!(draft::save_draft))
        .add(TEAM, Access::Viewer, routes!(draft::list_drafts))
        .add(TEAM, Access::Viewer, routes!(draft::get_draft_revision))
        .add(TEAM, Access::Viewer, routes!(release::list_releases))
        .add(TEAM, Access::Developer, routes!(release::create_release))
        .add(TEAM, Access::Viewer, routes!(release::get_release))
        .add(TEAM, Access::Viewer, routes!(release_diff::diff_release))
        .ask(TEAM, Access::Viewer, routes!(check::check_sql))
}

fn messages(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Viewer, routes!(destination::list_destinations))
        .add(TEAM, Access::TeamAdmin, routes!(destination::create_destination))
        .add(TEAM, Access::TeamAdmin, routes!(destination::change_destination))
        .add(TEAM, Access::TeamAdmin, routes!(destination::delete_destination))
        .add(TEAM, Access::Operator, routes!(destination::test_destination))
        .add(TEAM, Access::Viewer, routes!(delivery::list_deliveries))
}

fn variables(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Viewer, routes!(variable::list_variables))
        .add(TEAM, Access::Developer, routes!(variable::create_variable))
        .add(TEAM, Access::Viewer, routes!(variable::get_variable))
        .add(TEAM, Access::Developer, routes!(variable::change_variable))
        .add(TEAM, Access::Developer, routes!(variable::delete_variable))
}

fn lifecycle(routes: Routes) -> Routes {
    routes
        .add(TEAM, Access::Operator, routes!(lifecycle::start_job))
        .add(TEAM, Access::Operator, routes!(lifecycle::stop_job))
        .add(TEAM, Access::Operator, routes!(lifecycle::take_savepoint))
        .add(TEAM, Access::Operator, routes!(lifecycle::replace_job))
        .add(TEAM, Access::Operator, routes!(adopt::adopt_job))
        .add(TEAM, Access::Operator, routes!(lifecycle::detach_job))
        .add(TEAM, Access::Developer, routes!(lifecycle::delete_job))
        .add(TEAM, Access::Viewer, routes!(operation::list_operations))
        .add(TEAM, Access::Viewer, routes!(operation_wait::get_operation))
        .add(TEAM, Access::Operator, routes!(operation::cancel_operation))
        .add(TEAM, Access::Viewer, routes!(run::list_runs))
        .add(TEAM, Access::Viewer, routes!(snapshot::list_snapshots))
        .add(TEAM, Access::Viewer, routes!(event::list_events))
        .add(TEAM, Access::Viewer, routes!(graph::get_graph))
        .add(TEAM, Access::Viewer, routes!(checkpoint::get_checkpoints))
        .add(TEAM, Access::Viewer, routes!(exception::list_exceptions))
        .add(TEAM, Access::Viewer, routes!(job_configuration::get_configuration))
        .add(TEAM, Access::Viewer, routes!(manifests::get_manifests))
        .add(TEAM, Access::Viewer, routes!(manifests::get_run_manifests))
        .add(TEAM, Access::Viewer, routes!(evidence::get_evidence))
        .add(TEAM, Access::Viewer, routes!(evidence::get_evidence_log))
        .add(TEAM, Access::Viewer, routes!(log::list_logs))
        .add(TEAM, Access::Viewer, routes!(log::get_log_tail))
        .add(TEAM, Access::Viewer, routes!(log::follow_log))
}

impl Routes {
    /// Adds one route under a prefix, for callers of a class. One that is not a GET leaves a row in the audit list.
    #[must_use]
    pub fn add(self, prefix: &str, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.put(prefix, access, route, true)
    }

    /// The same of a question that is no GET because it is too long or too secret for an address: it changes
    /// nothing and leaves no row.
    #[must_use]
    pub fn ask(self, prefix: &str, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.put(prefix, access, route, false)
    }

    fn put(mut self, prefix: &str, access: Access, (schemas, paths, method_router): UtoipaMethodRouter<App>, writes: bool) -> Self {
        let mut gate = Gate {
            access,
            team_scoped: prefix == TEAM,
            operation: Arc::from(""),
            audited: None,
        };
        let mut prefixed = Paths::new();
        for (path, mut item) in paths.paths {
            let path = format!("{prefix}{path}");
            for (method, operation) in operations(&mut item) {
                describe(operation, &path, access);
                gate.operation = Arc::from(operation.operation_id.as_deref().unwrap_or_default());
                gate.audited = (writes && method != "GET").then(|| Arc::from(noun_of(&path)));
                self.classes.push(Classified {
                    method: method.to_owned(),
                    path: path.clone(),
                    access,
                    operation: gate.operation.to_string(),
                    audited: gate.audited.is_some(),
                });
            }
            prefixed.paths.insert(path, item);
        }
        self.list.push((gate, (schemas, prefixed, method_router)));
        self
    }

    /// All routes with their classes.
    #[must_use]
    pub fn classes(&self) -> &[Classified] {
        &self.classes
    }

    /// The router in which each route is guarded by its class.
    pub fn into_router(self, app: &App) -> Router {
        let mut router = OpenApiRouter::<App>::new();
        let cross_site = cross_site(app);
        for (gate_of_route, (schemas, paths, method_router)) in self.list {
            let door = Door {
                app: app.clone(),
                gate: gate_of_route,
                cross_site: cross_site.clone(),
            };
            let guarded = method_router.route_layer(from_fn_with_state(door, gate));
            router = router.routes((schemas, paths, guarded));
        }
        let (router, _) = router.split_for_parts();
        router.with_state(app.clone())
    }

    /// The OpenAPI document of all routes.
    #[must_use]
    pub fn into_document(self, empty: OpenApi) -> OpenApi {
        let mut router = OpenApiRouter::<App>::with_openapi(empty);
        for (_, routes) in self.list {
            router = router.routes(routes);
        }
        router.into_openapi()
    }
}

fn operations(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    let mut list = Vec::new();
    let slots = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ];
    for (method, slot) in slots {
        if let Some(operation) = slot {
            list.push((method, operation));
        }
    }
    list
}

/// Adds to a documented operation what all have in common: camelCase id, path parameters, class, errors.
fn describe(operation: &mut Operation, path: &str, access: Access) {
    operation.operation_id = operation.operation_id.take().map(|id| camel_case(&id));
    let (text, errors) = operation.description.take().map(sections).unwrap_or_default();
    operation.description = text;
    let parameters = operation.parameters.get_or_insert_default();
    for (place, name) in parameters_of(path).enumerate() {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(parameter_text(name)))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        parameters.insert(place, RefOr::T(parameter));
    }
    if access != Access::Public {
        let class = serde_json::to_value(access)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default();
        let text = operation.description.take().map(|text| text + "\n\n").unwrap_or_default();
        operation.description = Some(format!("{text}For: {class}."));
        operation.security = Some(vec![
            SecurityRequirement::new::<_, _, String>("session", []),
            SecurityRequirement::new::<_, _, String>("token", []),
        ]);
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let error = ResponseBuilder::new()
        .description(errors.unwrap_or_else(|| "A problem".to_owned()))
        .content(crate::problem::MEDIA_TYPE, problem)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(error));
}

/// The text before the `# Errors` section, and what that section says of statuses and codes.
fn sections(text: String) -> (Option<String>, Option<String>) {
    let (text, errors) = text.split_once("# Errors").unwrap_or((&text, ""));
    let some = |text: &str| Some(text.trim().replace('\n', " ")).filter(|text| !text.is_empty());
    let status = |text: &String| text.split(|c: char| !c.is_ascii_digit()).any(|word| word.len() == 3);
    (
        Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        some(errors).filter(status),
    )
}

fn parameters_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter_text(name: &str) -> &'static str {
    match name {
        "team" => "Name or id of the team",
        "job" => "Name or id of the job",
        "cluster" => "Name or id of the cluster",
        "release" => "Number of the release",
        "run" => "Id of the run",
        "revision" => "Revision of the draft",
        "operation" => "Id of the operation",
        "artifact" => "Name or id of the artifact",
        "user" => "Name or id of the user",
        "variable" => "Name of the variable",
        "target" => "Name or id of the target",
        _ => "Its id",
    }
}

fn camel_case(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
