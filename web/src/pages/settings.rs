//! `/settings`: profile, password, sessions, and the end of the account. Each part is a form of its own that posts to
//! a path of its own; what is refused is shown in its place on the whole page.

mod device;

use std::time::Duration;

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use common::{api::Page as List, ids::SessionId};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::signing::{refuse, waiting};
use crate::{
    api::{
        Answer, Trouble,
        accounts::{Account, ProfileChange, Session},
        with_query,
    },
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// Where the list of sessions begins, and what was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    after: Option<String>,
    done: Option<String>,
}

/// The forms as they were sent, where they were refused.
#[derive(Default)]
struct Refused {
    profile: Option<Form>,
    password: Option<Form>,
    deletion: Option<Form>,
    status: Option<StatusCode>,
    wait: Option<Duration>,
    /// Whether the profile has been changed elsewhere since it was shown.
    conflict: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    page: Page,
    profile: Form,
    /// What is saved, where somebody else has changed it.
    saved: Option<Account>,
    password: Form,
    deletion: Form,
    /// `None` while they cannot be listed.
    sessions: Option<List<Session>>,
    older: Option<String>,
}

/// `GET /settings`
pub async fn show(visit: Visit, _: CurrentUser, Query(place): Query<Place>) -> PageResult {
    let notice = match place.done.as_deref() {
        Some("profile") => Some("Profile saved."),
        Some("password") => Some("Password changed. You are signed out on all other devices."),
        Some("session") => Some("Session ended."),
        _ => None,
    };
    page(&visit, place.after.as_deref(), notice, Refused::default()).await
}

/// `GET` of a part, as after a reload: the whole, at that part.
pub async fn part(visit: Visit, _: CurrentUser) -> Response {
    let part = match visit.path().rsplit('/').next() {
        Some("password") => "change-password",
        Some(part) => part,
        None => "profile",
    };
    visit.see_other(&format!("/settings#{part}"))
}

/// `POST /settings/profile`
pub async fn save_profile(visit: Visit, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let change = ProfileChange {
        username: form.value("username").trim(),
        name: form.value("name"),
        bio: form.value("bio"),
        email: form.value("email"),
        password: Some(form.value("password")).filter(|password| !password.is_empty()),
    };
    let version = form.value("version").parse().ok();
    let Err(trouble) = visit.api().change_profile(version, &change).await else {
        return Ok(visit.see_other("/settings?done=profile#profile"));
    };
    let conflict = trouble.is("version_mismatch");
    if wrong_password(&trouble) {
        form.refuse_field("password", "incorrect password");
        return refused(&visit, |refused| refused.profile = Some(form)).await;
    }
    let wait = if conflict {
        form.refuse("your profile was changed elsewhere after you opened this page");
        None
    } else {
        refuse(
            &mut form,
            trouble,
            &["username", "name", "bio", "email", "password"],
        )?
    };
    refused(&visit, |refused| {
        refused.status = Some(if conflict {
            StatusCode::PRECONDITION_FAILED
        } else {
            form.status()
        });
        refused.conflict = conflict;
        refused.wait = wait;
        refused.profile = Some(form);
    })
    .await
}

/// `POST /settings/password`
pub async fn save_password(visit: Visit, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let (present, new) = (form.value("current_password"), form.value("new_password"));
    let Err(trouble) = visit.api().change_password(present, new).await else {
        return Ok(visit.see_other("/settings?done=password#change-password"));
    };
    let wait = if wrong_password(&trouble) {
        form.refuse_field("current_password", "incorrect password");
        None
    } else {
        refuse(&mut form, trouble, &["current_password", "new_password"])?
    };
    refused(&visit, |refused| {
        refused.wait = wait;
        refused.status = Some(form.status());
        refused.password = Some(form);
    })
    .await
}

/// `POST /settings/sessions`, with the `session` to end
pub async fn end_session(visit: Visit, user: CurrentUser, FormBody(form): FormBody) -> PageResult {
    let id: SessionId = form
        .value("session")
        .parse()
        .ok()
        .ok_or(Failure::NotFound("session"))?;
    visit.api().end_session(id).await?;
    let own = id == user.session_id;
    Ok(visit.see_other(if own {
        "/signin?done=signed-out"
    } else {
        "/settings?done=session#sessions"
    }))
}

/// `POST /settings/delete`
pub async fn delete(visit: Visit, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let password = form.value("confirm_password").to_owned();
    if password.is_empty() {
        form.refuse_field("confirm_password", "enter your password to confirm");
    }
    if !form.has("sure") {
        form.refuse_field("sure", "confirm that you want to delete your account");
    }
    let mut wait = None;
    if !form.is_refused() {
        match visit.api().delete_account(&password).await {
            Ok(()) => return Ok(visit.see_other("/signin?done=deleted")),
            Err(trouble) if wrong_password(&trouble) => {
                form.refuse_field("confirm_password", "incorrect password");
            }
            Err(trouble) => wait = refuse(&mut form, trouble, &[])?,
        }
    }
    refused(&visit, |refused| {
        refused.wait = wait;
        refused.status = Some(form.status());
        refused.deletion = Some(form);
    })
    .await
}

/// Of one's own account the password alone can be wrong.
fn wrong_password(trouble: &Trouble) -> bool {
    trouble.is("invalid_credentials")
}

async fn refused(visit: &Visit, what: impl FnOnce(&mut Refused)) -> PageResult {
    let mut refused = Refused {
        status: Some(StatusCode::UNPROCESSABLE_ENTITY),
        ..Refused::default()
    };
    what(&mut refused);
    page(visit, None, None, refused).await
}

async fn page(visit: &Visit, after: Option<&str>, notice: Option<&str>, refused: Refused) -> PageResult {
    let (account, sessions) = tokio::join!(visit.api().account(), visit.api().sessions(after));
    let account = match account {
        Ok(Some(account)) => Some(account),
        // The session was ended at this moment.
        Ok(None) => return Err(Failure::SignIn),
        // What was typed is shown at any rate.
        Err(Trouble::Away(_)) if refused.status.is_some() => None,
        Err(trouble) => return Err(trouble.into()),
    };
    let sessions = sessions.ok().map(|sessions| sessions.value);
    let next = sessions.as_ref().and_then(|sessions| sessions.next.as_deref());
    let older = next.map(|next| format!("{}#sessions", with_query("/settings", &[("after", Some(next))])));
    let template = SettingsPage {
        page: visit.page("Settings").not_indexed().notice(notice),
        profile: profile(refused.profile, account.as_ref(), refused.conflict),
        saved: account.map(|account| account.value).filter(|_| refused.conflict),
        password: refused.password.unwrap_or_default(),
        deletion: refused.deletion.unwrap_or_default(),
        sessions,
        older,
    };
    let status = refused.status.unwrap_or(StatusCode::OK);
    let response = visit.html_with(status, &template).await?;
    Ok(waiting(response, refused.wait))
}

/// The profile's form: as typed, or as saved. After a conflict it is meant for the version that is shown beside.
fn profile(typed: Option<Form>, account: Option<&Answer<Account>>, conflict: bool) -> Form {
    let version = account.and_then(|account| account.version).unwrap_or_default();
    match (typed, account) {
        (Some(form), _) if conflict => form.with("version", version.to_string()),
        (Some(form), _) => form,
        (None, None) => Form::new(),
        (None, Some(account)) => Form::new()
            .with("version", version.to_string())
            .with("username", &account.username)
            .with("name", &account.name)
            .with("bio", &account.bio)
            .with("email", &account.email),
    }
}

impl Session {
    /// The browser and its system, as far as one can tell.
    pub fn device(&self) -> String {
        device::name(&self.user_agent)
    }
}
