//! One request of one visitor: who they are, what they may call, and the answers that a page can be.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use common::event::Timestamp;
use runtime::auth::{CurrentUser, MaybeUser, SESSION_LIFETIME};

use crate::{
    api::{Api, Identity},
    app::{App, Site},
    document::{Audience, Document},
    failure::{Failure, PageResult},
    forms::Form,
    page::Page,
    theme::Theme,
};

/// A page does not wait longer than this for a new cookie; the next one tries again.
const RENEWAL: Duration = Duration::from_secs(1);

/// What every handler of a page takes.
#[derive(Debug, Clone)]
pub struct Visit {
    app: App,
    headers: HeaderMap,
    uri: Uri,
    viewer: Option<CurrentUser>,
    theme: Theme,
    api: Api,
}

impl Visit {
    /// The visit that a request with these parts is.
    ///
    /// # Errors
    /// If it bears a token in `Authorization` that is not valid.
    pub async fn of(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let MaybeUser(viewer) = MaybeUser::from_request_parts(parts, app).await?;
        let visit = Self::with_viewer(parts, app, viewer);
        if parts.method == Method::GET {
            visit.keep_signed_in().await;
        }
        Ok(visit)
    }

    /// Past half of the session's life the cookie is renewed; that is for `auth`, which consumes nothing of most pages.
    async fn keep_signed_in(&self) {
        let half = SESSION_LIFETIME / 2;
        let due = |viewer: &CurrentUser| Timestamp::now().since(viewer.issued_at) > half;
        if !self.viewer.as_ref().is_some_and(due) || self.header(&header::AUTHORIZATION).is_some() {
            return;
        }
        // The new cookie comes back by itself. While accounts are away the old one does.
        let renewed = tokio::time::timeout(RENEWAL, self.api.account());
        if renewed.await.is_err() {
            tracing::debug!("a session was not renewed in time");
        }
    }

    /// The same, of somebody who is known already, or of nobody.
    pub fn with_viewer(parts: &Parts, app: &App, viewer: Option<CurrentUser>) -> Self {
        Self {
            app: app.clone(),
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            viewer,
            theme: Theme::of(&parts.headers),
            api: Api::new(app.client.clone(), Identity::of(parts)),
        }
    }

    /// The services, called for this visitor.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Whoever is signed in, if anybody. For pages that need somebody, take [`CurrentUser`] or
    /// [`Moderator`](runtime::auth::Moderator) as an argument of the handler.
    pub fn viewer(&self) -> Option<&CurrentUser> {
        self.viewer.as_ref()
    }

    /// The blog.
    pub fn site(&self) -> &Site {
        &self.app.site
    }

    /// What handlers share.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The visitor's choice.
    pub fn theme(&self) -> Theme {
        self.theme
    }

    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header of the request, if it is there and readable.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Path and query of the request.
    pub fn here(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The path of the request.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The frame of a page with this title; complete it with the methods of [`Page`].
    pub fn page(&self, title: impl Into<String>) -> Page {
        Page::new(self, title.into())
    }

    /// The page that `template` makes: 200.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn html(&self, template: &impl Template) -> PageResult {
        self.html_with(StatusCode::OK, template).await
    }

    /// The page with a status of its own.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn html_with(&self, status: StatusCode, template: &impl Template) -> PageResult {
        let audience = match (status, &self.viewer) {
            (StatusCode::OK, None) => Audience::Everybody,
            (StatusCode::OK, Some(_)) => Audience::Somebody,
            _ => Audience::Once,
        };
        let document = Document::page(template, audience)?;
        Ok(document.respond(status, &self.headers).await)
    }

    /// The page of a form that was not accepted, with what was typed and what is wrong with it.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn refused(&self, form: &Form, template: &impl Template) -> PageResult {
        self.html_with(form.status(), template).await
    }

    /// After a POST that was done: 303 to `path`, which must be one of ours.
    pub fn see_other(&self, path: &str) -> Response {
        redirect(StatusCode::SEE_OTHER, path)
    }

    /// For good: 301 to `path`.
    pub fn moved(&self, path: &str) -> Response {
        redirect(StatusCode::MOVED_PERMANENTLY, path)
    }

    /// To sign in, and back here after. What was posted is lost, so that leads to the page it was posted from.
    pub fn to_sign_in(&self) -> Response {
        let path = crate::api::with_query("/signin", &[("next", Some(self.here()))]);
        redirect(StatusCode::SEE_OTHER, &path)
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Self::of(parts, app).await
    }
}

/// A slug may be given back one day, so nobody may keep for good where it leads.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

fn redirect(status: StatusCode, path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(location) => {
            let rule = if status == StatusCode::MOVED_PERMANENTLY {
                ASK_AGAIN
            } else {
                NEVER
            };
            let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, rule)];
            (status, headers).into_response()
        }
        Err(_) => Failure::NotFound("page").into_response(),
    }
}

/// `path` if it leads to a page of ours: it begins with one slash, so no other site can be meant.
pub fn local_path(path: &str) -> Option<&str> {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.chars().all(|c| !c.is_control() && !c.is_whitespace());
    local.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_is_come_back_to() {
        for path in ["/", "/p/hello?x=1#c", "/@ann"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in [
            "",
            "p",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(local_path(path), None, "{path}");
        }
    }
}
