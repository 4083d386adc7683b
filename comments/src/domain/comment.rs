//! A comment: who may change it, and which of its texts readers see.
//!
//! Each text is a revision. Readers see the last approved one, also while a newer one is pending or rejected. A
//! [verdict](super::verdict) decides whether a text is public.

use common::{
    event::{ApprovedText, CommentFact, CommentState, CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use content::Document;
use serde::{Deserialize, Serialize};

/// The maximum length of a text, in characters.
pub const MAX_CHARS: usize = 5000;

/// A comment: the fields of [`CommentState`], and what is kept of verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub id: CommentId,
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub author_id: Option<UserId>,
    pub status: CommentStatus,
    pub revision: u32,
    pub body: Option<String>,
    pub approved: Option<ApprovedText>,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    /// The newest verdict on the latest text, for its author and moderators. Not part of the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<AppliedVerdict>,
    /// The version of the verdict that approved `approved`; 0 if it was approved without a verdict.
    #[serde(default)]
    pub approved_by: u64,
}

/// What is kept of the verdict on the latest text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedVerdict {
    pub version: u64,
    /// A note to the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The new state of a comment, and the fact.
pub type Decision = (Comment, CommentFact);

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    #[error("the comment has no text")]
    EmptyText,
    #[error("the comment has {chars} characters, more than {MAX_CHARS}")]
    LongText { chars: usize },
    /// There is no post with this id, or it is not public.
    #[error("there is no such post")]
    UnknownPost,
    #[error("the post was deleted")]
    PostDeleted,
    /// The parent comment is on another post, or not public.
    #[error("there is no such comment on this post")]
    UnknownParent,
    #[error("the parent comment was deleted")]
    ParentDeleted,
    /// There is no comment with this id, or the actor may not see it.
    #[error("there is no such comment")]
    NotFound,
    #[error("the comment was deleted")]
    Deleted,
    #[error("the comment belongs to another user")]
    NotOwner,
}

/// How new texts are reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewMode {
    /// A new text is public at once.
    AutoApprove,
    /// A new text is pending until a verdict.
    AwaitVerdict,
}

/// A signed-in user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub id: UserId,
    pub is_moderator: bool,
}

/// A valid text of a comment: Markdown, 1 to [`MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// `raw` without blank lines before and after. The indent of the first line is kept: in Markdown it may mean code.
    ///
    /// # Errors
    /// If nothing of the rest can be seen, or it is too long.
    pub fn parse(raw: &str) -> Result<Self, CommentError> {
        let text = raw.trim_end();
        let indent = text.len() - text.trim_start().len();
        let first_line = text[..indent].rfind('\n').map_or(0, |newline| newline + 1);
        let text = &text[first_line..];
        match text.chars().count() {
            _ if Document::markdown(text).is_blank() => Err(CommentError::EmptyText),
            chars if chars > MAX_CHARS => Err(CommentError::LongText { chars }),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// A comment to create.
#[derive(Debug, Clone)]
pub struct NewComment {
    pub id: CommentId,
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub author_id: UserId,
    pub text: Text,
}

/// Creates a comment. `parent` is the comment that `new.parent_id` names, if it exists.
///
/// # Errors
/// If the parent does not accept replies.
pub fn create(
    new: NewComment,
    parent: Option<&Comment>,
    mode: ReviewMode,
    now: Timestamp,
) -> Result<Decision, CommentError> {
    if new.parent_id.is_some() {
        accepts_replies(parent, new.post_id)?;
    }
    let blank = Comment {
        id: new.id,
        post_id: new.post_id,
        parent_id: new.parent_id,
        author_id: Some(new.author_id),
        status: CommentStatus::Pending,
        revision: 0,
        body: None,
        approved: None,
        reason: None,
        created_at: now,
        edited_at: None,
        verdict: None,
        approved_by: 0,
    };
    Ok((blank.with_text(new.text, mode), CommentFact::Created))
}

fn accepts_replies(parent: Option<&Comment>, post_id: PostId) -> Result<(), CommentError> {
    // A comment that is not public accepts no replies, not even from its author: readers would see an orphan.
    let parent = parent
        .filter(|parent| parent.post_id == post_id && (parent.is_deleted() || parent.approved.is_some()))
        .ok_or(CommentError::UnknownParent)?;
    if parent.is_deleted() {
        return Err(CommentError::ParentDeleted);
    }
    Ok(())
}

/// Gives `comment` a new text; `None` if it has that text already.
///
/// # Errors
/// If `editor` is not the author, or the comment is deleted.
pub fn edit(
    comment: &Comment,
    text: Text,
    editor: Actor,
    mode: ReviewMode,
    now: Timestamp,
) -> Result<Option<Decision>, CommentError> {
    comment.check_visible_to(Some(editor))?;
    if !comment.is_by(editor) {
        return Err(CommentError::NotOwner);
    }
    if comment.body.as_ref() == Some(&text.0) {
        return Ok(None);
    }
    let edited = Comment {
        edited_at: Some(now),
        ..comment.clone().with_text(text, mode)
    };
    Ok(Some((edited, CommentFact::Edited)))
}

/// Removes every text of `comment`, which keeps its place in the thread; `None` if it is deleted already.
///
/// # Errors
/// If `actor` is neither the author nor a moderator.
pub fn delete(comment: &Comment, actor: Actor) -> Result<Option<Decision>, CommentError> {
    match comment.check_visible_to(Some(actor)) {
        // A retry, whose first response may have been lost.
        Err(CommentError::Deleted) => return Ok(None),
        visible => visible?,
    }
    if !comment.is_by(actor) && !actor.is_moderator {
        return Err(CommentError::NotOwner);
    }
    let tombstone = Comment {
        status: CommentStatus::Deleted,
        body: None,
        approved: None,
        reason: None,
        verdict: None,
        ..comment.clone()
    };
    Ok(Some((tombstone, CommentFact::Deleted)))
}

/// Removes the author; `None` if there is none. The text stays.
pub fn anonymise(comment: &Comment) -> Option<Decision> {
    comment.author_id?;
    let anonymous = Comment {
        author_id: None,
        ..comment.clone()
    };
    Some((anonymous, CommentFact::Edited))
}

impl Comment {
    /// Whether `actor` may see all of it: its author and moderators may.
    pub fn is_open_to(&self, actor: Option<Actor>) -> bool {
        actor.is_some_and(|actor| actor.is_moderator || self.is_by(actor))
    }

    /// Checks that `actor`, or a reader who is not signed in, may see any of it.
    ///
    /// # Errors
    /// [`CommentError::NotFound`] if not; [`CommentError::Deleted`] if it is deleted.
    pub fn check_visible_to(&self, actor: Option<Actor>) -> Result<(), CommentError> {
        if !self.is_open_to(actor) && self.approved.is_none() {
            return Err(CommentError::NotFound);
        }
        if self.is_deleted() {
            return Err(CommentError::Deleted);
        }
        Ok(())
    }

    fn is_by(&self, actor: Actor) -> bool {
        self.author_id == Some(actor.id)
    }

    /// Whether it is a tombstone.
    pub fn is_deleted(&self) -> bool {
        self.status == CommentStatus::Deleted
    }

    /// With `text` as its next revision.
    fn with_text(self, text: Text, mode: ReviewMode) -> Self {
        let revision = self.revision.saturating_add(1);
        let (status, approved, approved_by) = match mode {
            ReviewMode::AutoApprove => {
                let body = text.0.clone();
                (CommentStatus::Approved, Some(ApprovedText { revision, body }), 0)
            }
            ReviewMode::AwaitVerdict => (CommentStatus::Pending, self.approved, self.approved_by),
        };
        Self {
            status,
            revision,
            body: Some(text.0),
            approved,
            approved_by,
            verdict: None,
            reason: None,
            ..self
        }
    }

    /// The state that its events carry: all but what is kept of verdicts.
    pub fn to_public(&self) -> CommentState {
        CommentState {
            id: self.id,
            post_id: self.post_id,
            parent_id: self.parent_id,
            author_id: self.author_id,
            status: self.status,
            revision: self.revision,
            body: self.body.clone(),
            approved: self.approved.clone(),
            reason: self.reason.clone(),
            created_at: self.created_at,
            edited_at: self.edited_at,
        }
    }
}

#[cfg(test)]
mod tests;
