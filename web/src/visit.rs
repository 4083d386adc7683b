//! One request of one visitor: who they are, what they may call, and the answers that a page can be.

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use common::auth::{CurrentUser, MaybeUser};

use crate::{
    api::{Api, Identity},
    app::{App, Site},
    failure::{Failure, PageResult},
    forms::Form,
    html::Html,
    page::Page,
    theme::Theme,
};

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
        Ok(Self::with_viewer(parts, app, viewer))
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
    /// [`Moderator`](common::auth::Moderator) as an argument of the handler.
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
        let html = Html {
            status,
            body: Html::render(template)?,
            private: self.viewer.is_some(),
        };
        Ok(html.respond(&self.headers).await)
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

/// A redirection; nobody keeps it for longer than the browser's own history, since slugs may be given back.
fn redirect(status: StatusCode, path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(location) => {
            let not_kept = HeaderValue::from_static("no-store");
            let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, not_kept)];
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
