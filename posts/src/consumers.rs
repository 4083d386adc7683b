//! What this service does when something happened elsewhere.

use std::sync::Arc;

use common::event::{Event, Received, UserFact};
use runtime::{
    bus::{EventHandler, HandlerError},
    store::Cause,
};

use crate::{commands::Commands, store::SERVICE};

/// Follows the accounts: with its account a person's posts and reactions go.
#[derive(Debug)]
pub struct Users {
    commands: Commands,
}

impl Users {
    /// Follows them with these commands.
    pub fn new(commands: Commands) -> Self {
        Self { commands }
    }
}

impl EventHandler for Users {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::User(UserFact::Deleted, user) = &event.event else {
            return Ok(());
        };
        self.commands
            .delete_all_of(user.id, &Cause::event(SERVICE, &event))
            .await?;
        Ok(())
    }
}

/// Takes posts down and puts them up again, as was decided about them.
#[derive(Debug)]
pub struct Verdicts {
    commands: Commands,
}

impl Verdicts {
    /// Follows them with these commands.
    pub fn new(commands: Commands) -> Self {
        Self { commands }
    }
}

impl EventHandler for Verdicts {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::Verdict(_, verdict) = &event.event else {
            return Ok(());
        };
        let Some(post) = verdict.target.post() else {
            return Ok(());
        };
        let cause = Cause::event(SERVICE, &event);
        let version = event.envelope.aggregate_version;
        Ok(self
            .commands
            .apply_verdict(post, verdict, version, &cause)
            .await?)
    }
}
