//! `/signup`, `/signin` and `POST /signout`.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use runtime::{auth::session_removal, http::SetCookie};
use serde::Deserialize;

use crate::{
    api::{Trouble, accounts::SignUp, with_query},
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::{Visit, local_path},
};

/// Where to go after, and what was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Before {
    next: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUpPage {
    page: Page,
    form: Form,
    signin: String,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage {
    page: Page,
    form: Form,
    signup: String,
}

#[derive(Template)]
#[template(path = "signed-out.html")]
struct SignedOutPage {
    page: Page,
}

/// `GET /signup`
pub async fn signup(visit: Visit, Query(before): Query<Before>) -> PageResult {
    let next = next(before.next.as_deref());
    if visit.viewer().is_some() {
        return Ok(visit.see_other(next));
    }
    visit
        .html(&signup_page(&visit, Form::new().with("next", next)))
        .await
}

/// `POST /signup`
pub async fn sign_up(visit: Visit, FormBody(mut form): FormBody) -> PageResult {
    let wanted = SignUp {
        username: form.value("username").trim(),
        email: form.value("email").trim(),
        password: form.value("password"),
        name: form.given("name"),
    };
    match visit.api().sign_up(&wanted).await {
        Ok(_) => Ok(visit.see_other(next(Some(form.value("next"))))),
        Err(trouble) => {
            let wait = refuse(&mut form, trouble, &["username", "email", "password", "name"])?;
            let response = visit.refused(&form, &signup_page(&visit, form.clone())).await?;
            Ok(waiting(response, wait))
        }
    }
}

/// `GET /signin`
pub async fn signin(visit: Visit, Query(before): Query<Before>) -> PageResult {
    let next = next(before.next.as_deref());
    if visit.viewer().is_some() {
        return Ok(visit.see_other(next));
    }
    let mut template = signin_page(&visit, Form::new().with("next", next));
    template.page = template.page.notice(match before.done.as_deref() {
        Some("deleted") => Some("Your account has been deleted."),
        Some("signed-out") => Some("You have been signed out."),
        _ => None,
    });
    visit.html(&template).await
}

/// `POST /signin`
pub async fn sign_in(visit: Visit, FormBody(mut form): FormBody) -> PageResult {
    let (login, password) = (
        form.value("login").trim().to_owned(),
        form.value("password").to_owned(),
    );
    if login.is_empty() {
        form.refuse_field("login", "enter your username or e-mail address");
    }
    if password.is_empty() {
        form.refuse_field("password", "enter your password");
    }
    let mut wait = None;
    if !form.is_refused() {
        match visit.api().sign_in(&login, &password).await {
            Ok(_) => return Ok(visit.see_other(next(Some(form.value("next"))))),
            Err(trouble) => wait = refuse(&mut form, trouble, &["login", "password"])?,
        }
    }
    let response = visit.refused(&form, &signin_page(&visit, form.clone())).await?;
    Ok(waiting(response, wait))
}

/// `POST /signout`
///
/// Whoever wants out is out on this browser, even while accounts are away and the session itself cannot be ended.
pub async fn signout(visit: Visit) -> PageResult {
    match visit.api().sign_out().await {
        Ok(()) => Ok(visit.see_other("/")),
        Err(Trouble::Away(_)) => {
            let mut page = visit.page("Signed out in this browser").not_indexed();
            page.viewer = None;
            let template = SignedOutPage { page };
            let page = visit
                .html_with(StatusCode::SERVICE_UNAVAILABLE, &template)
                .await?;
            Ok((SetCookie(session_removal(visit.site().https)), page).into_response())
        }
        Err(trouble) => Err(trouble.into()),
    }
}

fn signup_page(visit: &Visit, form: Form) -> SignUpPage {
    SignUpPage {
        page: visit.page("Join").not_indexed(),
        signin: with_query("/signin", &[("next", elsewhere(&form))]),
        form,
    }
}

fn signin_page(visit: &Visit, form: Form) -> SignInPage {
    SignInPage {
        page: visit.page("Sign in").not_indexed(),
        signup: with_query("/signup", &[("next", elsewhere(&form))]),
        form,
    }
}

/// Where to go after: a page of ours, and none that would only lead back here.
fn next(wanted: Option<&str>) -> &str {
    let path = wanted.and_then(local_path).unwrap_or("/");
    let bare = path.split(['?', '#']).next().unwrap_or(path);
    if ["/signin", "/signup", "/signout"].contains(&bare) {
        "/"
    } else {
        path
    }
}

/// Where to go after, if that is worth a mention in an address.
fn elsewhere(form: &Form) -> Option<&str> {
    Some(next(Some(form.value("next")))).filter(|next| *next != "/")
}

/// As [`Form::take`]; a wrong password is told above the form, and whoever has to wait is told how long.
pub(super) fn refuse(form: &mut Form, trouble: Trouble, known: &[&str]) -> Result<Option<Duration>, Failure> {
    let wait = match &trouble {
        Trouble::Problem(problem, wait) if problem.status == 429 => wait.or(Some(Duration::from_secs(1))),
        _ => None,
    };
    form.take(trouble, known)?;
    if let Some(wait) = wait {
        form.refuse(&format!("Try again in {}", in_words(wait)));
    }
    Ok(wait)
}

/// `response`, with when to try again.
pub(super) fn waiting(mut response: Response, wait: Option<Duration>) -> Response {
    if let Some(wait) = wait {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// A time to wait, rounded up: `40 seconds`, `2 minutes`.
fn in_words(wait: Duration) -> String {
    let (number, unit) = match wait.as_secs().max(1) {
        seconds @ ..=90 => (seconds, "second"),
        seconds @ 91..=5400 => (seconds.div_ceil(60), "minute"),
        seconds => (seconds.div_ceil(3600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_comes_back_to_a_page_of_ours() {
        assert_eq!(next(Some("/p/hello?x=1#comments")), "/p/hello?x=1#comments");
        for wanted in [
            None,
            Some("https://evil.example"),
            Some("//evil.example"),
            Some("/signin?next=/a"),
            Some("/signout"),
        ] {
            assert_eq!(next(wanted), "/", "{wanted:?}");
        }
    }

    #[test]
    fn a_wait_is_told_in_the_unit_that_fits() {
        for (seconds, words) in [
            (0, "1 second"),
            (4, "4 seconds"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (900, "15 minutes"),
            (5401, "2 hours"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
