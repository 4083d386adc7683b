//! What happens here because of what happened elsewhere.

use std::sync::Arc;

use common::event::{Event, Received, UserFact};
use runtime::{
    bus::{EventHandler, HandlerError},
    store::Cause,
};

use crate::{
    SERVICE,
    commands::Commands,
    domain::{PostReplica, Verdict},
};

/// Keeps the replica of posts.
#[derive(Debug)]
pub struct PostsHandler(pub Commands);

impl EventHandler for PostsHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::Post(_, state) = &event.event else {
            return Ok(());
        };
        let post = PostReplica::new(state, event.envelope.aggregate_version);
        Ok(self.0.learn_of(&post).await?)
    }
}

/// Takes the names of people who left off their comments.
#[derive(Debug)]
pub struct UsersHandler(pub Commands);

impl EventHandler for UsersHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::User(UserFact::Deleted, user) = &event.event else {
            return Ok(());
        };
        Ok(self.0.anonymise(user.id, &Cause::event(SERVICE, &event)).await?)
    }
}

/// Makes texts public, or not, as was decided about them.
#[derive(Debug)]
pub struct VerdictsHandler(pub Commands);

impl EventHandler for VerdictsHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::Verdict(_, state) = &event.event else {
            return Ok(());
        };
        let verdict = Verdict::new(state, event.envelope.aggregate_version);
        let (Some(comment), Some(verdict)) = (state.target.comment(), verdict) else {
            return Ok(());
        };
        let cause = Cause::event(SERVICE, &event);
        Ok(self.0.judge(comment, &verdict, &cause).await?)
    }
}
