//! Variables and secrets of a team. A secret goes in and never comes out; a change says which jobs need a new release or
//! a restart to use it.

use axum::Json;
use axum::extract::State;
use domain::id::{JobId, TeamId, VariableId};
use domain::secret::Secret;
use domain::variable::{Hider, MAX_VALUE_BYTES, MIN_SECRET, VariableUse, VariableValue, check_name, purpose};
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use store::{NewVariable as New, StoreError, VariableChange as Change};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Body, Path};
use crate::page::Page;
use crate::person::Person;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;
use crate::text;
use crate::time::Time;

/// What a job needs to use the newest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Another release.
    Release,
    /// Another run.
    Restart,
}

/// A job that uses a variable.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariableUser {
    /// The job.
    #[schema(value_type = String)]
    pub job_id: JobId,
    /// Its name.
    pub job: String,
    /// Whether its draft names the variable.
    pub draft: bool,
    /// The number of its running, else of its newest release, where that names the variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i64>,
    /// What it needs to use the newest value; absent when nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need: Option<Need>,
}

/// A variable. The value of a secret is never answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its id.
    #[schema(value_type = String)]
    pub id: VariableId,
    /// Unique in the team; `${name}` stands for its value.
    pub name: String,
    /// Whether its value is a secret.
    pub secret: bool,
    /// The value of a plain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// One line about it.
    pub description: String,
    /// 1, 2, 3 …: grows with each other value.
    pub revision: i64,
    /// When its value or description was last changed.
    pub changed_at: Time,
    /// By whom.
    pub changed_by: Person,
    /// The jobs that use it, by name.
    pub used_by: Vec<VariableUser>,
}

/// A variable to make.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVariable {
    /// A letter, then letters, digits, `_`, `.` and `-`; at most 128. Unique in the team.
    pub name: String,
    /// What it stands for; at most 64 KiB.
    #[serde(deserialize_with = "value")]
    pub value: String,
    /// Whether the value is a secret: sealed, and never answered.
    #[serde(default)]
    pub secret: bool,
    /// One line about it.
    #[serde(default)]
    pub description: String,
}

/// What is to be another way; what is absent stays as it is.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VariableChange {
    /// Another value.
    #[serde(default, deserialize_with = "maybe_value")]
    pub value: Option<String>,
    /// `true` makes a secret of it, which needs a value; a secret stays one.
    #[serde(default)]
    pub secret: bool,
    /// Another description.
    pub description: Option<String>,
}

/// Which variable.
#[derive(Debug, Clone, Deserialize)]
pub struct VariablePath {
    variable: String,
}

/// A text, or an error that does not repeat what was sent.
fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(text),
        _ => Err(serde::de::Error::custom("expected a string")),
    }
}

fn maybe_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    value(deserializer).map(Some)
}

impl From<domain::variable::Need> for Need {
    fn from(need: domain::variable::Need) -> Self {
        match need {
            domain::variable::Need::Release => Self::Release,
            domain::variable::Need::Restart => Self::Restart,
        }
    }
}

impl From<VariableUse> for VariableUser {
    fn from(of: VariableUse) -> Self {
        Self {
            job_id: of.job_id,
            job: of.job_name,
            draft: of.draft,
            release: of.release,
            need: of.need.map(Need::from),
        }
    }
}

async fn view(app: &App, of: domain::variable::Variable, uses: Vec<VariableUse>) -> Result<Variable, Problem> {
    Ok(Variable {
        id: of.id,
        secret: of.secret(),
        changed_by: app.person(of.changed_by).await?,
        name: of.name,
        value: match of.value {
            VariableValue::Plain(text) => Some(text),
            VariableValue::Secret(_) => None,
        },
        description: of.description,
        revision: of.revision,
        changed_at: of.changed_at.into(),
        used_by: uses.into_iter().map(VariableUser::from).collect(),
    })
}

/// What the audit list says of a variable: of a secret only that it is one.
fn told(of: &domain::variable::Variable) -> serde_json::Value {
    match &of.value {
        VariableValue::Plain(text) => serde_json::json!({ "value": text, "revision": of.revision, "description": of.description }),
        VariableValue::Secret(_) => serde_json::json!({ "secret": true, "revision": of.revision, "description": of.description }),
    }
}

fn unknown(name: &str) -> Problem {
    Problem::not_found("variable", name)
}

/// The value as it is stored.
fn kept(app: &App, (team, name): (TeamId, &str), value: String, secret: bool) -> Result<VariableValue, Problem> {
    text::no_nul("value", &value)?;
    let refused = |code: &str, detail: String| Problem::unprocessable(code, detail).field("value");
    if value.len() > MAX_VALUE_BYTES {
        let detail = format!("The value has {} bytes; {} KiB is the most.", value.len(), MAX_VALUE_BYTES / 1024);
        return Err(refused("too_long", detail));
    }
    if !secret {
        return Ok(VariableValue::Plain(value));
    }
    if value.trim().chars().count() < MIN_SECRET {
        let detail = format!("A secret has at least {MIN_SECRET} characters beside blanks at its ends.");
        return Err(refused("too_short", detail).hint("A shorter one cannot be kept out of logs and messages without spoiling them."));
    }
    let sealed = app.ports.vault.seal(&purpose(team, name), &Secret::new(value));
    sealed
        .map(VariableValue::Secret)
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "vault_unavailable", sentence(&error.to_string())))
}

impl App {
    /// Who strikes out a team's secrets, the ones before included. One that does not open cannot be known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn hider(&self, team: TeamId) -> Result<Hider, Problem> {
        let mut opened = Vec::new();
        for one in self.store.secrets(team).await? {
            let purpose = purpose(team, &one.name);
            opened.extend(one.sealed().filter_map(|sealed| self.ports.vault.open(&purpose, sealed).ok()));
        }
        Ok(Hider::new(&opened))
    }
}

/// The variables of the team, by name. Values of secrets are not answered.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/variables", tag = "variables", responses((status = 200, description = "Done", body = Page<Variable>)))]
pub async fn list_variables(State(app): State<App>, scope: Scope) -> Result<Json<Page<Variable>>, Problem> {
    let all = app.store.variables(scope.team_id).await?;
    let uses = app.store.variable_uses(scope.team_id, &all).await?;
    let mut items = Vec::with_capacity(all.len());
    for (of, uses) in all.into_iter().zip(uses) {
        items.push(view(&app, of, uses).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// One variable.
///
/// # Errors
/// 404 when the team has none of this name.
#[utoipa::path(get, path = "/variables/{variable}", tag = "variables", responses((status = 200, description = "Done", body = Variable)))]
pub async fn get_variable(State(app): State<App>, scope: Scope, Path(path): Path<VariablePath>) -> Result<Json<Variable>, Problem> {
    let of = find(&app, &scope, &path.variable).await?;
    let uses = app.store.variable_uses(scope.team_id, std::slice::from_ref(&of)).await?.pop();
    Ok(Json(view(&app, of, uses.unwrap_or_default()).await?))
}

async fn find(app: &App, scope: &Scope, name: &str) -> Result<domain::variable::Variable, Problem> {
    match app.store.variable(scope.team_id, name).await {
        Err(StoreError::NotFound) => Err(unknown(name)),
        found => {
            let found = found?;
            scope.note.of(found.id, &found.name);
            Ok(found)
        }
    }
}

/// Makes a variable or a secret.
///
/// # Errors
/// 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    post,
    path = "/variables",
    tag = "variables",
    request_body = NewVariable,
    responses((status = 201, description = "Made", body = Variable)),
)]
pub async fn create_variable(
    State(app): State<App>,
    scope: Scope,
    Body(asked): Body<NewVariable>,
) -> Result<(StatusCode, Json<Variable>), Problem> {
    check_name(&asked.name)
        .map_err(|why| Problem::unprocessable("bad_name", format!("The name of a variable cannot be that: {why}.")).field("name"))?;
    text::line("description", &asked.description)?;
    let value = kept(&app, (scope.team_id, &asked.name), asked.value, asked.secret)?;
    match app.store.variable(scope.team_id, &asked.name).await {
        Err(StoreError::NotFound) => {}
        found => return Err(found.map(|found| Problem::name_taken("variable", &found.name))?),
    }
    let new = New {
        team_id: scope.team_id,
        name: asked.name,
        value,
        description: asked.description,
        by: scope.user_id(),
    };
    let made = app.store.create_variable(new).await?;
    scope.note.of(made.id, &made.name);
    scope.note.after(told(&made));
    let uses = app.store.variable_uses(scope.team_id, std::slice::from_ref(&made)).await?.pop();
    Ok((StatusCode::CREATED, Json(view(&app, made, uses.unwrap_or_default()).await?)))
}

/// Changes a variable. `usedBy` of the answer says which jobs need a new release or a restart to use the value.
///
/// # Errors
/// 404, 422 naming the field, 409 for a secret that is to become plain.
#[utoipa::path(
    patch,
    path = "/variables/{variable}",
    tag = "variables",
    request_body = VariableChange,
    responses((status = 200, description = "Done", body = Variable)),
)]
pub async fn change_variable(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<VariablePath>,
    Body(asked): Body<VariableChange>,
) -> Result<Json<Variable>, Problem> {
    let before = find(&app, &scope, &path.variable).await?;
    if let Some(description) = &asked.description {
        text::line("description", description)?;
    }
    let secret = asked.secret || before.secret();
    if secret && !before.secret() && asked.value.is_none() {
        return Err(Problem::unprocessable(
            "missing_field",
            "A variable becomes a secret with another value: the present one was seen.",
        )
        .field("value"));
    }
    let value = match asked.value {
        Some(value) => Some(kept(&app, (scope.team_id, &before.name), value, secret)?),
        None => None,
    };
    let change = Change {
        value,
        description: asked.description,
        by: scope.user_id(),
    };
    let (now, uses) = app.store.change_variable(scope.team_id, &before.name, change).await?;
    scope.note.before(told(&before));
    scope.note.after(told(&now));
    Ok(Json(view(&app, now, uses).await?))
}

/// Deletes a variable that no draft and no running or newest release uses.
///
/// # Errors
/// 404, 409 `variable_in_use` naming a job that uses it.
#[utoipa::path(delete, path = "/variables/{variable}", tag = "variables", responses((status = 204, description = "Done")))]
pub async fn delete_variable(State(app): State<App>, scope: Scope, Path(path): Path<VariablePath>) -> Result<StatusCode, Problem> {
    let of = find(&app, &scope, &path.variable).await?;
    scope.note.before(told(&of));
    match app.store.delete_variable(scope.team_id, &of.name).await {
        Err(StoreError::NotFound) => Err(unknown(&of.name)),
        Err(StoreError::Conflict(why)) => Err(Problem::conflict("variable_in_use", sentence(&why))),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}
