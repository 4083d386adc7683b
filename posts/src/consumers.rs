//! Events of other services as commands of this one.

use std::sync::Arc;

use common::{
    event::{Event, Received},
    ids::UserId,
};
use runtime::{bus::HandlerError, store::Cause};

use crate::{NAME, state::AppState};

/// Applies a verdict on a post.
pub async fn on_verdict(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Verdict(_, verdict) = &event.event else {
        return Ok(());
    };
    let Some(post) = verdict.target.post() else {
        return Ok(());
    };
    let (version, cause) = (event.envelope.aggregate_version, Cause::event(NAME, &event));
    let applied = state.commands.apply_verdict(post, verdict, version, &cause);
    Ok(applied.await?)
}

/// Deletes the posts of a deleted user, and removes their reactions.
pub async fn on_user_deleted(state: AppState, user: UserId, cause: Cause) -> Result<(), HandlerError> {
    Ok(state.commands.delete_all_of(user, &cause).await?)
}
