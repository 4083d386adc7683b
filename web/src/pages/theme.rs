//! `POST /theme`: selects the colour scheme.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{forms::FormBody, request::PageRequest, theme::Theme, url::local_path};

/// `POST /theme` with `theme`, and in `next` the page to return to. An unknown theme counts as `system`. A script, which
/// sends `Accept: application/json`, gets a 204.
pub async fn select(request: PageRequest, FormBody(form): FormBody) -> Response {
    let theme = Theme::from_name(form.value("theme")).unwrap_or_default();
    let cookie = theme.cookie(request.site().https);
    if request.header(&header::ACCEPT) == Some("application/json") {
        return (StatusCode::NO_CONTENT, cookie, ()).into_response();
    }
    let next = local_path(form.value("next")).unwrap_or("/");
    (cookie, request.see_other(next)).into_response()
}
