//! What handlers, consumers and tasks share.

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};

use crate::{commands::Commands, config::ModerationSettings};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub commands: Commands,
    pub verifier: Verifier,
}

impl AppState {
    /// # Errors
    /// If there is no database.
    pub fn new(context: &ServiceContext, _: ModerationSettings) -> Result<Self, StartError> {
        Ok(Self {
            commands: Commands::new(context.storage()?, context.settings.public_url.host()),
            verifier: context.verifier.clone(),
        })
    }
}
