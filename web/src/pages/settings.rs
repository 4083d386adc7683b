//! `/settings`: profile, password, sessions and account deletion. Each section is a form with its own path; a form with
//! errors is shown in the complete page.

mod device;

use askama::Template;
use axum::{extract::Query, response::Response};
use common::{
    api::{
        Page as List,
        users::{ChangePasswordRequest, DeleteAccountRequest, OwnUser, SessionEntry, UpdateProfileRequest},
    },
    error::ErrorCode,
    ids::SessionId,
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use crate::{
    api::{Account, ApiError},
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    request::PageRequest,
    url::with_query,
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct SettingsQuery {
    /// The cursor of the sessions.
    after: Option<String>,
    done: Option<String>,
}

/// The forms with errors, as they were submitted.
#[derive(Default)]
struct Submitted {
    profile: Option<Form>,
    password: Option<Form>,
    deletion: Option<Form>,
}

impl Submitted {
    fn form(&self) -> Option<&Form> {
        let profile = self.profile.as_ref();
        profile.or(self.password.as_ref()).or(self.deletion.as_ref())
    }

    /// Whether the profile was changed after the page was opened.
    fn is_outdated(&self) -> bool {
        self.profile.as_ref().is_some_and(Form::is_outdated)
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    page: Page,
    profile: Form,
    /// The saved profile, after a conflict.
    saved: Option<OwnUser>,
    password: Form,
    deletion: Form,
    /// `None` while sessions are unavailable.
    sessions: Option<List<SessionEntry>>,
    older: Option<String>,
}

impl SettingsPage {
    fn device(session: &SessionEntry) -> String {
        device::name(&session.user_agent)
    }
}

/// `GET /settings`
pub async fn show(request: PageRequest, _: CurrentUser, Query(query): Query<SettingsQuery>) -> PageResult {
    let notice = match query.done.as_deref() {
        Some("profile") => Some("Profile saved."),
        Some("password") => Some("Password changed. You are signed out on all other devices."),
        Some("session") => Some("Session ended."),
        _ => None,
    };
    settings_page(&request, query.after.as_deref(), notice, Submitted::default()).await
}

/// `GET` of a section, as after a reload: redirects to the section in the page.
pub async fn section(request: PageRequest, _: CurrentUser) -> Response {
    let section = match request.path().rsplit('/').next() {
        Some("password") => "change-password",
        Some(section) => section,
        None => "profile",
    };
    request.see_other(&format!("/settings#{section}"))
}

/// `POST /settings/profile`
pub async fn save_profile(request: PageRequest, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let password = form.value("password");
    let update = UpdateProfileRequest {
        username: Some(form.value("username").trim().to_owned()),
        name: Some(form.value("name").to_owned()),
        bio: Some(form.value("bio").to_owned()),
        email: Some(form.value("email").to_owned()),
        password: (!password.is_empty()).then(|| password.into()),
    };
    let version = form.value("version").parse().ok();
    let Err(error) = request.api().update_profile(version, &update).await else {
        return Ok(request.see_other("/settings?done=profile#profile"));
    };
    if error.is(ErrorCode::VersionMismatch) {
        form.fail_outdated("your profile was changed elsewhere after you opened this page");
    } else if error.is(ErrorCode::InvalidCredentials) {
        form.add_error("password", "incorrect password");
    } else {
        form.add_api_error(error, &["username", "name", "bio", "email", "password"])?;
    }
    let submitted = Submitted {
        profile: Some(form),
        ..Submitted::default()
    };
    settings_page(&request, None, None, submitted).await
}

/// `POST /settings/password`
pub async fn save_password(request: PageRequest, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let change = ChangePasswordRequest {
        current_password: form.value("current_password").into(),
        new_password: form.value("new_password").into(),
    };
    let Err(error) = request.api().change_password(&change).await else {
        return Ok(request.see_other("/settings?done=password#change-password"));
    };
    if error.is(ErrorCode::InvalidCredentials) {
        form.add_error("current_password", "incorrect password");
    } else {
        form.add_api_error(error, &["current_password", "new_password"])?;
    }
    let submitted = Submitted {
        password: Some(form),
        ..Submitted::default()
    };
    settings_page(&request, None, None, submitted).await
}

/// `POST /settings/sessions`, with the `session` to end.
pub async fn end_session(request: PageRequest, user: CurrentUser, FormBody(form): FormBody) -> PageResult {
    let id: Option<SessionId> = form.value("session").parse().ok();
    let id = id.ok_or(PageError::NotFound("session"))?;
    request.api().end_session(id).await?;
    Ok(request.see_other(if id == user.session_id {
        "/signin?done=signed-out"
    } else {
        "/settings?done=session#sessions"
    }))
}

/// `POST /settings/delete`
pub async fn delete(request: PageRequest, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let deletion = DeleteAccountRequest {
        password: form.value("confirm_password").into(),
    };
    if form.value("confirm_password").is_empty() {
        form.add_error("confirm_password", "enter your password to confirm");
    }
    if !form.has("sure") {
        form.add_error("sure", "confirm that you want to delete your account");
    }
    if !form.has_errors() {
        match request.api().delete_account(&deletion).await {
            Ok(()) => return Ok(request.see_other("/signin?done=deleted")),
            Err(error) if error.is(ErrorCode::InvalidCredentials) => {
                form.add_error("confirm_password", "incorrect password");
            }
            Err(error) => form.add_api_error(error, &[])?,
        }
    }
    let submitted = Submitted {
        deletion: Some(form),
        ..Submitted::default()
    };
    settings_page(&request, None, None, submitted).await
}

async fn settings_page(
    request: &PageRequest,
    cursor: Option<&str>,
    notice: Option<&str>,
    submitted: Submitted,
) -> PageResult {
    let (account, sessions) = tokio::join!(request.api().account(), request.api().sessions(cursor));
    let account = match account {
        Ok(Some(account)) => Some(account),
        // The session has just ended.
        Ok(None) => return Err(PageError::SignIn),
        // A submitted form is shown in any case.
        Err(ApiError::Unavailable(_)) if submitted.form().is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let sessions = sessions.ok();
    let next = sessions.as_ref().and_then(|sessions| sessions.next.as_deref());
    let older = next.map(|next| format!("{}#sessions", with_query("/settings", &[("after", Some(next))])));
    let form = submitted.form().cloned().unwrap_or_default();
    let outdated = submitted.is_outdated();
    let template = SettingsPage {
        page: request.page("Settings").not_indexed().notice(notice),
        profile: profile_form(submitted.profile, account.as_ref()),
        saved: account.map(|account| account.user).filter(|_| outdated),
        password: submitted.password.unwrap_or_default(),
        deletion: submitted.deletion.unwrap_or_default(),
        sessions,
        older,
    };
    request.form_html(&form, &template).await
}

/// The form of the profile: as submitted, or as saved. An outdated one becomes one for the saved version, which the page
/// shows.
fn profile_form(submitted: Option<Form>, account: Option<&Account>) -> Form {
    let version = account.map(|account| account.version).unwrap_or_default();
    match (submitted, account) {
        (Some(form), _) if form.is_outdated() => form.with("version", version.to_string()),
        (Some(form), _) => form,
        (None, None) => Form::new(),
        (None, Some(Account { user, .. })) => Form::new()
            .with("version", version.to_string())
            .with("username", &user.username)
            .with("name", &user.name)
            .with("bio", &user.bio)
            .with("email", &user.email),
    }
}
