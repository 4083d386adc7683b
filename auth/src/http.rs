//! The API under `/api/users`: parse, command, respond.

mod account;
mod device;
mod follows;
mod keys;
mod responses;
mod roles;
mod sessions;
mod signin;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// All routes, and their OpenAPI document.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(signin::signup))
        .routes(routes!(signin::signin))
        .routes(routes!(signin::signout))
        .routes(routes!(account::currentuser))
        .routes(routes!(account::update, account::delete))
        .routes(routes!(account::change_password))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(follows::follow, follows::unfollow))
        .routes(routes!(roles::set))
        .routes(routes!(keys::jwks));
    with_openapi(
        router,
        "/api/users",
        "Inkstream auth",
        "Accounts, sessions, follows and roles. Sign up or in with `\"token\": true` to get a bearer token instead of a \
         cookie.",
    )    .with_state(state)
}
