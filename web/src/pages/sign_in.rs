//! `/signup`, `/signin` and `POST /signout`.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::IntoResponse as _};
use common::api::users::{SignInRequest, SignUpRequest};
use runtime::{auth::session_removal, http::SetCookie};
use serde::Deserialize;

use crate::{
    api::ApiError,
    error::PageResult,
    filters,
    forms::{Form, FormBody},
    page::Page,
    request::PageRequest,
    url::{local_path, with_query},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct SignInQuery {
    /// The page to return to.
    next: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUpPage<'a> {
    page: Page,
    form: &'a Form,
    sign_in: String,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    page: Page,
    form: &'a Form,
    sign_up: String,
}

#[derive(Template)]
#[template(path = "signed-out.html")]
struct SignedOutPage {
    page: Page,
}

/// `GET /signup`
pub async fn sign_up_form(request: PageRequest, Query(query): Query<SignInQuery>) -> PageResult {
    let next = next_path(query.next.as_deref());
    if request.viewer().is_some() {
        return Ok(request.see_other(next));
    }
    sign_up_page(&request, &Form::new().with("next", next)).await
}

/// `POST /signup`
pub async fn sign_up(request: PageRequest, FormBody(mut form): FormBody) -> PageResult {
    let account = SignUpRequest {
        username: form.value("username").trim().to_owned(),
        email: form.value("email").trim().to_owned(),
        password: form.value("password").into(),
        name: form.given("name").map(str::to_owned),
        bio: None,
        token: false,
    };
    match request.api().sign_up(&account).await {
        Ok(_) => Ok(request.see_other(next_path(Some(form.value("next"))))),
        Err(error) => {
            form.add_api_error(error, &["username", "email", "password", "name"])?;
            sign_up_page(&request, &form).await
        }
    }
}

/// `GET /signin`
pub async fn sign_in_form(request: PageRequest, Query(query): Query<SignInQuery>) -> PageResult {
    let next = next_path(query.next.as_deref());
    if request.viewer().is_some() {
        return Ok(request.see_other(next));
    }
    let notice = match query.done.as_deref() {
        Some("deleted") => Some("Your account has been deleted."),
        Some("signed-out") => Some("You have been signed out."),
        _ => None,
    };
    sign_in_page(&request, &Form::new().with("next", next), notice).await
}

/// `POST /signin`
pub async fn sign_in(request: PageRequest, FormBody(mut form): FormBody) -> PageResult {
    let credentials = SignInRequest {
        login: form.value("login").trim().to_owned(),
        password: form.value("password").into(),
        token: false,
    };
    if credentials.login.is_empty() {
        form.add_error("login", "enter your username or e-mail address");
    }
    if form.value("password").is_empty() {
        form.add_error("password", "enter your password");
    }
    if !form.has_errors() {
        match request.api().sign_in(&credentials).await {
            Ok(_) => return Ok(request.see_other(next_path(Some(form.value("next"))))),
            Err(error) => form.add_api_error(error, &["login", "password"])?,
        }
    }
    sign_in_page(&request, &form, None).await
}

/// `POST /signout`
///
/// While accounts are unavailable and the session cannot be ended, it is at least removed from this browser.
pub async fn sign_out(request: PageRequest) -> PageResult {
    match request.api().sign_out().await {
        Ok(()) => Ok(request.see_other("/")),
        Err(ApiError::Unavailable(_)) => {
            let mut page = request.page("Signed out in this browser").not_indexed();
            page.viewer = None;
            let template = SignedOutPage { page };
            let page = request
                .html_with_status(StatusCode::SERVICE_UNAVAILABLE, &template)
                .await?;
            let cookie = SetCookie(session_removal(request.site().https));
            Ok((cookie, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn sign_up_page(request: &PageRequest, form: &Form) -> PageResult {
    let template = SignUpPage {
        page: request.page("Join").not_indexed(),
        sign_in: with_query("/signin", &[("next", next_parameter(form))]),
        form,
    };
    request.form_html(form, &template).await
}

async fn sign_in_page(request: &PageRequest, form: &Form, notice: Option<&str>) -> PageResult {
    let template = SignInPage {
        page: request.page("Sign in").not_indexed().notice(notice),
        sign_up: with_query("/signup", &[("next", next_parameter(form))]),
        form,
    };
    request.form_html(form, &template).await
}

/// The path to return to: on this site, and not one of these pages.
fn next_path(next: Option<&str>) -> &str {
    let path = next.and_then(local_path).unwrap_or("/");
    let bare = path.split(['?', '#']).next().unwrap_or(path);
    if ["/signin", "/signup", "/signout"].contains(&bare) {
        "/"
    } else {
        path
    }
}

/// The path to return to, unless it is the default.
fn next_parameter(form: &Form) -> Option<&str> {
    Some(next_path(Some(form.value("next")))).filter(|next| *next != "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_returns_to_a_page_on_this_site() {
        assert_eq!(next_path(Some("/p/hello?x=1#comments")), "/p/hello?x=1#comments");
        for next in [
            None,
            Some("https://evil.example"),
            Some("//evil.example"),
            Some("/signin?next=/a"),
            Some("/signout"),
        ] {
            assert_eq!(next_path(next), "/", "{next:?}");
        }
    }
}
