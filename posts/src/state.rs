//! The state that handlers, consumers and tasks share.

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};

use crate::{commands::Commands, config::PostsSettings};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub commands: Commands,
    pub verifier: Verifier,
}

impl AppState {
    /// Needs neither the database nor the bus.
    pub fn new(context: &ServiceContext, settings: PostsSettings) -> Result<Self, StartError> {
        Ok(Self {
            commands: Commands::new(context.storage()?, &settings),
            verifier: context.verifier.clone(),
        })
    }
}
