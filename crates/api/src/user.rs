//! People's accounts, for platform admins: made, disabled, made platform admin, and let in by one-time links.

use axum::Json;
use axum::extract::State;
use domain::id::UserId;
use domain::invitation::{USUAL_HOURS, ends};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{StoreError, UserChange, now};
use utoipa::{IntoParams, ToSchema};

use crate::access::me::TeamRole;
use crate::access::secret;
use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path, Query};
use crate::invitation::hours;
use crate::page::{Page, limit};
use crate::problem::{Problem, sentence};
use crate::text;
use crate::time::{Time, some};

/// Accounts of a page unless told.
const USUAL: u32 = 100;
/// Most accounts of a page.
const MOST: u32 = 500;

/// Somebody's account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The user's id.
    #[schema(value_type = String)]
    pub id: UserId,
    /// Sign-in name.
    pub name: String,
    /// Whether they may do everything in every team.
    pub platform_admin: bool,
    /// Whether they have a password.
    pub password_set: bool,
    /// When it was made.
    pub created_at: Time,
    /// Since when it lets nobody in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Time>,
    /// Their teams; only where one account is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<TeamRole>>,
}

/// An account to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    /// Sign-in name, unique.
    pub name: String,
    /// Whether they may do everything in every team.
    #[serde(default)]
    pub platform_admin: bool,
    /// Hours for which the one-time link can be used, 1 to 720; 72 unless told.
    #[schema(minimum = 1, maximum = 720)]
    pub link_hours: Option<u32>,
}

/// What to change about an account; what is absent stays.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountChange {
    /// Whether they may do everything in every team.
    pub platform_admin: Option<bool>,
    /// Whether the account lets nobody in. Its sessions, tokens, links and open invitations end at once.
    pub disabled: Option<bool>,
}

/// A one-time link to make.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    /// Hours for which it can be used, 1 to 720; 72 unless told.
    #[schema(minimum = 1, maximum = 720)]
    pub link_hours: Option<u32>,
}

/// A one-time link, which is never shown again.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeLink {
    /// The account that it lets in.
    pub account: Account,
    /// What the page `/sign-in` takes after `#token=`.
    pub secret: String,
    /// Until when it can be used.
    pub expires_at: Time,
}

/// Which accounts to list, by name.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// Part of the name, in any case.
    pub search: Option<String>,
    /// Only those that are disabled, or only those that are not.
    pub disabled: Option<bool>,
    /// Most to answer, 1 to 500; 100 unless told.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Which account.
#[derive(Debug, Clone, Deserialize)]
pub struct UserPath {
    user: String,
}

impl From<domain::access::User> for Account {
    fn from(user: domain::access::User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            platform_admin: user.platform_admin,
            password_set: user.password_hash.is_some(),
            created_at: user.created_at.into(),
            disabled_at: some(user.disabled_at),
            teams: None,
        }
    }
}

impl App {
    /// A person by id, else by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn find_user(&self, named: &str) -> Result<Option<domain::access::User>, Problem> {
        if let Ok(id) = named.parse() {
            match self.store.user(id).await {
                Err(StoreError::NotFound) => {}
                found => return Ok(Some(found?)),
            }
        }
        Ok(self.store.user_by_name(named).await?)
    }

    /// The same, or a problem.
    ///
    /// # Errors
    /// 404.
    pub(crate) async fn user_named(&self, named: &str) -> Result<domain::access::User, Problem> {
        self.find_user(named).await?.ok_or_else(|| {
            let shown: String = named.chars().take(80).collect();
            Problem::new(StatusCode::NOT_FOUND, "not_found", format!("There is no user '{shown}'.")).hint("Check the name or id.")
        })
    }
}

/// The accounts, by name.
///
/// # Errors
/// 400 for a query or cursor that cannot be read.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(UserQuery),
    responses((status = 200, description = "Done", body = Page<Account>)),
)]
pub async fn list_users(State(app): State<App>, Query(query): Query<UserQuery>) -> Result<Json<Page<Account>>, Problem> {
    let most = limit(query.limit, USUAL, MOST)?;
    let after: Option<UserId> = crate::page::cursor("cursor", query.cursor.as_deref())?;
    let search = query.search.unwrap_or_default().to_lowercase();
    // Engines order and compare text differently: accounts are few enough to do both here.
    let mut users = app.store.users().await?;
    users.sort_by_cached_key(|user| (user.name.to_lowercase(), user.id));
    let start = after
        .and_then(|id| users.iter().position(|user| user.id == id))
        .map_or(0, |place| place + 1);
    let fits = |user: &domain::access::User| {
        user.name.to_lowercase().contains(&search) && query.disabled.is_none_or(|disabled| disabled == user.disabled_at.is_some())
    };
    let rows = users.into_iter().skip(start).filter(fits).take(most as usize + 1).collect();
    Ok(Json(Page::cut(rows, most, |user| user.id.to_string()).map(Account::from)))
}

/// One account, with its teams.
///
/// # Errors
/// 404 when there is none of this name or id.
#[utoipa::path(get, path = "/users/{user}", tag = "users", responses((status = 200, description = "Done", body = Account)))]
pub async fn get_user(State(app): State<App>, Path(path): Path<UserPath>) -> Result<Json<Account>, Problem> {
    let user = app.user_named(&path.user).await?;
    let teams = app.store.memberships(user.id, false).await?;
    let mut account = Account::from(user);
    account.teams = Some(teams.into_iter().map(TeamRole::from).collect());
    Ok(Json(account))
}

/// Makes an account, and a one-time link with which its person signs in and sets a password.
///
/// # Errors
/// 409 `name_taken`, 422 for a name or time that cannot be.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    request_body = NewUser,
    responses((status = 201, description = "Made", body = OneTimeLink)),
)]
pub async fn create_user(
    State(app): State<App>,
    note: Note,
    Body(asked): Body<NewUser>,
) -> Result<(StatusCode, Json<OneTimeLink>), Problem> {
    text::name("name", &asked.name)?;
    let hours = hours("linkHours", asked.link_hours, USUAL_HOURS)?;
    let user = match app.store.create_user(&asked.name, None, asked.platform_admin).await {
        Err(StoreError::Conflict(_)) => return Err(Problem::name_taken("user", &asked.name)),
        made => made?,
    };
    note.of(user.id, &user.name);
    note.after(Account::from(user.clone()));
    Ok((StatusCode::CREATED, Json(link(&app, user, hours).await?)))
}

async fn link(app: &App, user: domain::access::User, hours: u32) -> Result<OneTimeLink, Problem> {
    let secret = secret::new()?;
    let expires_at = ends(now(), hours);
    app.store.create_link(&secret::sha256(&secret), user.id, expires_at).await?;
    Ok(OneTimeLink {
        account: user.into(),
        secret,
        expires_at: expires_at.into(),
    })
}

/// Disables or enables an account, or makes its person a platform admin or none.
///
/// # Errors
/// 404, or 409 `last_platform_admin`.
#[utoipa::path(
    patch,
    path = "/users/{user}",
    tag = "users",
    request_body = AccountChange,
    responses((status = 200, description = "Done", body = Account)),
)]
pub async fn change_user(
    State(app): State<App>,
    note: Note,
    Path(path): Path<UserPath>,
    Body(asked): Body<AccountChange>,
) -> Result<Json<Account>, Problem> {
    let user = app.user_named(&path.user).await?;
    note.of(user.id, &user.name);
    let change = UserChange {
        platform_admin: asked.platform_admin,
        disabled: asked.disabled,
    };
    let (before, after) = match app.store.change_user(user.id, change).await {
        Err(StoreError::Conflict(why)) => {
            return Err(Problem::conflict("last_platform_admin", sentence(&why)).hint("Nothing was changed."));
        }
        done => done?,
    };
    note.before(Account::from(before));
    note.after(Account::from(after.clone()));
    Ok(Json(after.into()))
}

/// Makes a one-time link for somebody who cannot sign in. A password that is set stays.
///
/// # Errors
/// 404, or 409 `account_disabled`.
#[utoipa::path(
    post,
    path = "/users/{user}/link",
    tag = "users",
    request_body = NewLink,
    responses((status = 201, description = "Made", body = OneTimeLink)),
)]
pub async fn create_user_link(
    State(app): State<App>,
    note: Note,
    Path(path): Path<UserPath>,
    Body(asked): Body<NewLink>,
) -> Result<(StatusCode, Json<OneTimeLink>), Problem> {
    let hours = hours("linkHours", asked.link_hours, USUAL_HOURS)?;
    let user = app.user_named(&path.user).await?;
    note.of(user.id, &user.name);
    if user.disabled_at.is_some() {
        return Err(Problem::conflict("account_disabled", format!("The account '{}' is disabled.", user.name)).hint("Enable it first."));
    }
    Ok((StatusCode::CREATED, Json(link(&app, user, hours).await?)))
}
