//! Puts the service together: state, tasks, routes.

use axum::Router;
use common::service::{Platform, StartError};

use crate::{
    config::ModerationSettings,
    http::{self, AppState},
};

/// Starts the tasks and answers the routes. Neither the database nor the bus needs to be there.
pub fn build(platform: &Platform, _: &ModerationSettings) -> Router {
    http::router(AppState {
        verifier: platform.verifier.clone(),
    })
}

/// Publishes the present state of all that this service owns again and answers how many events that were.
///
/// # Errors
/// If the database or the bus is away.
pub async fn resync(_: &Platform) -> Result<u64, StartError> {
    Ok(0)
}
