//! The events of other services, turned into commands of this one.

use std::sync::Arc;

use common::{
    event::{CommentState, CommentStatus, Event, PostState, PostStatus, Received, UserFact},
    ids::UserId,
};
use runtime::{bus::HandlerError, store::Cause};

use crate::{NAME, commands::Submission, domain::Text, state::AppState};

/// Judges a comment.
pub async fn on_comment(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Comment(_, comment) = &event.event else {
        return Ok(());
    };
    let cause = Cause::event(NAME, &event);
    if comment.status == CommentStatus::Deleted {
        return Ok(state.commands.remove_deleted(comment.id.into(), &cause).await?);
    }
    match of_comment(comment) {
        Some(submission) => Ok(state.commands.judge(submission, &cause).await?),
        None => Ok(()),
    }
}

/// Judges a published post. Drafts have no content in the events.
pub async fn on_post(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::Post(_, post) = &event.event else {
        return Ok(());
    };
    let cause = Cause::event(NAME, &event);
    if post.status == PostStatus::Deleted {
        return Ok(state.commands.remove_deleted(post.id.into(), &cause).await?);
    }
    match of_post(post, event.envelope.aggregate_version) {
        Some(submission) => Ok(state.commands.judge(submission, &cause).await?),
        None => Ok(()),
    }
}

/// Stores the age of accounts, for the rule about first comments.
pub async fn on_user(state: AppState, event: Arc<Received>) -> Result<(), HandlerError> {
    let Event::User(fact, user) = &event.event else {
        return Ok(());
    };
    match fact {
        UserFact::Deleted => Ok(()),
        UserFact::Registered | UserFact::ProfileUpdated | UserFact::RoleChanged => {
            Ok(state.commands.insert_account(user.id, user.created_at).await?)
        }
    }
}

/// Removes the account of a deleted user, and the notes of their reports.
pub async fn on_user_deleted(state: AppState, user: UserId, cause: Cause) -> Result<(), HandlerError> {
    Ok(state.commands.remove_user(user, &cause).await?)
}

fn of_comment(comment: &CommentState) -> Option<Submission> {
    Some(Submission {
        target: comment.id.into(),
        revision: comment.revision.into(),
        author_id: comment.author_id,
        post_id: comment.post_id,
        slug: None,
        text: Text::of_comment(comment.body.clone()?),
    })
}

fn of_post(post: &PostState, version: u64) -> Option<Submission> {
    let content = post.content.clone()?;
    Some(Submission {
        target: post.id.into(),
        revision: version,
        author_id: Some(post.author_id),
        post_id: post.id,
        slug: post.slug.clone(),
        text: Text {
            title: Some(content.title),
            summary: content.summary,
            body: content.body,
            tags: content.tags,
            cover: content.cover,
        },
    })
}
