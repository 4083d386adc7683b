//! The events of other services, turned into commands of this one.

use std::sync::Arc;

use common::{
    event::{Event, Received},
    ids::UserId,
};
use runtime::{bus::HandlerError, store::Cause};

use crate::{state::AppState, store::SERVICE};

/// Takes a post down or restores it, as the verdict says.
pub async fn on_verdict(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Verdict(_, verdict) = &event.event else {
        return Ok(());
    };
    let Some(post) = verdict.target.post() else {
        return Ok(());
    };
    let cause = Cause::event(SERVICE, &event);
    let version = event.envelope.aggregate_version;
    Ok(state
        .commands
        .apply_verdict(post, verdict, version, &cause)
        .await?)
}

/// Deletes the posts of a deleted user, and withdraws their reactions.
pub async fn on_user_deleted(state: AppState, user: UserId, cause: Cause) -> Result<(), HandlerError> {
    Ok(state.commands.delete_all_of(user, &cause).await?)
}
