//! The events of other services, turned into commands of this one.

use std::sync::Arc;

use common::{
    event::{Event, Received},
    ids::UserId,
};
use runtime::{bus::HandlerError, store::Cause};

use crate::{
    NAME,
    domain::{PostReplica, Verdict},
    state::AppState,
};

/// Maintains the replica of posts.
pub async fn on_post(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Post(_, post) = &event.event else {
        return Ok(());
    };
    let post = PostReplica::new(post, event.envelope.aggregate_version);
    Ok(state.commands.upsert_post(&post).await?)
}

/// Publishes or hides a text as the verdict says.
pub async fn on_verdict(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Verdict(_, about) = &event.event else {
        return Ok(());
    };
    let verdict = Verdict::new(about, event.envelope.aggregate_version);
    let (Some(comment), Some(verdict)) = (about.target.comment(), verdict) else {
        return Ok(());
    };
    let cause = Cause::event(NAME, &event);
    Ok(state.commands.apply_verdict(comment, &verdict, &cause).await?)
}

/// Removes the name of a deleted user from their comments.
pub async fn on_user_deleted(state: AppState, user: UserId, cause: Cause) -> Result<(), HandlerError> {
    Ok(state.commands.anonymise(user, &cause).await?)
}
