//! What happens here because of what happened elsewhere.

use std::sync::Arc;

use common::event::{CommentState, CommentStatus, Event, PostState, PostStatus, Received, UserFact};
use runtime::{
    bus::{EventHandler, HandlerError},
    store::Cause,
};

use crate::{
    SERVICE,
    commands::{Commands, Submission},
    domain::Text,
};

/// Judges comments.
#[derive(Debug)]
pub struct CommentsHandler(pub Commands);

impl EventHandler for CommentsHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::Comment(_, comment) = &event.event else {
            return Ok(());
        };
        let cause = Cause::event(SERVICE, &event);
        if comment.status == CommentStatus::Deleted {
            return Ok(self.0.forget(comment.id.into(), &cause).await?);
        }
        match of_comment(comment) {
            Some(submission) => Ok(self.0.judge(submission, &cause).await?),
            None => Ok(()),
        }
    }
}

/// Judges posts.
#[derive(Debug)]
pub struct PostsHandler(pub Commands);

impl EventHandler for PostsHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::Post(_, post) = &event.event else {
            return Ok(());
        };
        let cause = Cause::event(SERVICE, &event);
        if post.status == PostStatus::Deleted {
            return Ok(self.0.forget(post.id.into(), &cause).await?);
        }
        match of_post(post, event.envelope.aggregate_version) {
            Some(submission) => Ok(self.0.judge(submission, &cause).await?),
            // A draft is nobody's business.
            None => Ok(()),
        }
    }
}

/// Keeps what the rules ask of accounts, and forgets the words of those who left.
#[derive(Debug)]
pub struct UsersHandler(pub Commands);

impl EventHandler for UsersHandler {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        let Event::User(fact, user) = &event.event else {
            return Ok(());
        };
        match fact {
            UserFact::Deleted => Ok(self.0.forget_person(user.id).await?),
            UserFact::Registered | UserFact::ProfileUpdated | UserFact::RoleChanged => {
                Ok(self.0.learn_of(user.id, user.created_at).await?)
            }
        }
    }
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
        },
    })
}
