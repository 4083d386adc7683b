//! What handlers, consumers and tasks share.

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};

use crate::{commands::Commands, config::CommentsSettings, live::PostVersions};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub commands: Commands,
    pub versions: PostVersions,
    pub verifier: Verifier,
}

impl AppState {
    /// # Errors
    /// If there is no database.
    pub fn new(context: &ServiceContext, settings: CommentsSettings) -> Result<Self, StartError> {
        let versions = PostVersions::new(context.bus.clone());
        Ok(Self {
            commands: Commands::new(context.storage()?, versions.clone(), settings.review_mode()),
            versions,
            verifier: context.verifier.clone(),
        })
    }
}
