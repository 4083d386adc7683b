//! The request for a page: the visitor, the services that are called for them, and the responses of handlers.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use common::event::Timestamp;
use runtime::auth::{CurrentUser, MaybeUser, SESSION_LIFETIME};

use crate::{
    api::{Api, Identity},
    document::{Audience, Document},
    error::{PageError, PageResult},
    forms::Form,
    page::Page,
    redirect,
    state::{AppState, Site},
    theme::Theme,
    url::with_query,
};

/// How long a page waits for a renewed session cookie; otherwise the next page renews it.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The argument of every page's handler.
#[derive(Debug, Clone)]
pub struct PageRequest {
    state: AppState,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    viewer: Option<CurrentUser>,
    api: Api,
}

impl PageRequest {
    /// The request of this visitor.
    pub fn new(parts: &Parts, state: &AppState, viewer: Option<CurrentUser>) -> Self {
        Self {
            state: state.clone(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            viewer,
            api: Api::new(state.client.clone(), Identity::of(parts)),
        }
    }

    /// Renews the session in the second half of its lifetime. `auth` does so on its own requests, but most pages make
    /// none. Documents for programs renew none, since caches share them.
    async fn renew_session(&self) {
        let half = SESSION_LIFETIME / 2;
        let due = |viewer: &CurrentUser| Timestamp::now().since(viewer.issued_at) > half;
        let with_cookie = self.method == Method::GET && !self.headers.contains_key(header::AUTHORIZATION);
        if !with_cookie || !self.viewer.as_ref().is_some_and(due) {
            return;
        }
        // The call collects the new cookie. The old one stays valid while accounts are unavailable.
        let renewed = tokio::time::timeout(RENEWAL_TIMEOUT, self.api.account());
        if renewed.await.is_err() {
            tracing::debug!("a session was not renewed in time");
        }
    }

    /// The services, called for this visitor.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The signed-in user. Pages that require one take [`CurrentUser`] or [`Moderator`](runtime::auth::Moderator) as an
    /// argument of the handler.
    pub fn viewer(&self) -> Option<&CurrentUser> {
        self.viewer.as_ref()
    }

    pub fn site(&self) -> &Site {
        &self.state.site
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header, if it is present and valid text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn path(&self) -> &str {
        self.uri.path()
    }

    fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The frame of a page with this title; complete it with the methods of [`Page`].
    pub fn page(&self, title: impl Into<String>) -> Page {
        Page::new(
            &self.state,
            title.into(),
            (self.path(), self.path_and_query()),
            self.viewer.clone(),
            Theme::of(&self.headers),
        )
    }

    /// Responds with the rendered template.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn html(&self, template: &impl Template) -> PageResult {
        self.html_with_status(StatusCode::OK, template).await
    }

    /// Responds with the rendered template and a status other than 200.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn html_with_status(&self, status: StatusCode, template: &impl Template) -> PageResult {
        let audience = match (status, &self.viewer) {
            (StatusCode::OK, None) => Audience::Anonymous,
            (StatusCode::OK, Some(_)) => Audience::SignedIn,
            _ => Audience::Uncached,
        };
        self.renew_session().await;
        let document = Document::page(template, audience)?;
        Ok(document.respond(status, &self.headers).await)
    }

    /// Responds with the rendered template, and with the status of its form.
    ///
    /// # Errors
    /// If the template fails.
    pub async fn form_html(&self, form: &Form, template: &impl Template) -> PageResult {
        let mut response = self.html_with_status(form.status(), template).await?;
        if let Some(wait) = form.retry_after() {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        Ok(response)
    }

    /// 303 to `path` on this site, after a successful POST.
    pub fn see_other(&self, path: &str) -> Response {
        redirect::to(StatusCode::SEE_OTHER, path, redirect::NO_STORE)
    }

    /// The page has moved: its address begins with `path` instead of the first `segments` segments of this request's.
    pub fn moved(&self, path: &str, segments: usize) -> PageError {
        let status = if self.method.is_safe() {
            StatusCode::MOVED_PERMANENTLY
        } else {
            StatusCode::PERMANENT_REDIRECT
        };
        let here = self.path_and_query();
        let rest = here.match_indices(['/', '?']).map(|(at, _)| at).nth(segments);
        PageError::Moved(status, format!("{path}{}", rest.map_or("", |at| &here[at..])))
    }

    /// 303 to the sign-in page, which returns to this page.
    pub fn redirect_to_sign_in(&self) -> Response {
        self.see_other(&with_query("/signin", &[("next", Some(self.path_and_query()))]))
    }
}

impl FromRequestParts<AppState> for PageRequest {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let MaybeUser(viewer) = MaybeUser::from_request_parts(parts, state).await?;
        Ok(Self::new(parts, state, viewer))
    }
}
