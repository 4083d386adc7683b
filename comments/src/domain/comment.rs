//! A comment: who may change it, and which of its texts readers see.
//!
//! Each text is a revision. Readers see the last approved one, also while a newer one waits or was refused. What
//! makes a text public or not is a [verdict](super::verdict).

use common::{
    event::{ApprovedText, CommentFact, CommentState, CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::verdict::Applied;

/// The longest text, in characters.
pub const MAX_CHARS: usize = 5000;

/// A comment; its fields are those of [`CommentState`], and what is kept of verdicts.
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
    /// The newest verdict on the latest text. For its author and moderators; not in the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Applied>,
    /// The version of the verdict that made `approved` public; 0 if none did.
    #[serde(default)]
    pub approved_by: u64,
}

/// The comment as it is to be, and what happened.
pub type Decision = (Comment, CommentFact);

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// The text is nothing but blanks.
    #[error("the comment has no text")]
    EmptyText,
    /// The text is longer than [`MAX_CHARS`].
    #[error("the comment has {chars} characters, more than {MAX_CHARS}")]
    LongText { chars: usize },
    /// No post that the public knows of.
    #[error("there is no such post")]
    UnknownPost,
    /// The post was deleted.
    #[error("the post is gone")]
    PostGone,
    /// What it answers is not on this post, or not public.
    #[error("there is no such comment on this post")]
    UnknownParent,
    /// What it answers was deleted.
    #[error("the comment it answers is gone")]
    ParentDeleted,
    /// Not for this person to know of.
    #[error("there is no such comment")]
    NotFound,
    /// The comment was deleted.
    #[error("the comment is gone")]
    Gone,
    /// Somebody else wrote it.
    #[error("the comment belongs to somebody else")]
    NotOwner,
}

/// What becomes of a new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// It is approved at once.
    Automatic,
    /// It waits for a verdict.
    Awaited,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub id: UserId,
    /// Whether they may moderate.
    pub moderates: bool,
}

/// A text that a comment may have: Markdown, 1 to [`MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// `raw` without blank lines around it. Its first line stays indented, since in Markdown that may be code.
    ///
    /// # Errors
    /// If nothing is left, or too much.
    pub fn parse(raw: &str) -> Result<Self, CommentError> {
        let text = raw.trim_end();
        let indent = text.len() - text.trim_start().len();
        let first_line = text[..indent].rfind('\n').map_or(0, |newline| newline + 1);
        let text = &text[first_line..];
        match text.chars().count() {
            0 => Err(CommentError::EmptyText),
            chars if chars > MAX_CHARS => Err(CommentError::LongText { chars }),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// A comment that somebody wants to make.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub id: CommentId,
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub author_id: UserId,
    pub text: Text,
}

/// Begins a comment. `parent` is the comment that `proposal.parent_id` names, if it exists.
///
/// # Errors
/// If it answers something that cannot be answered.
pub fn create(
    proposal: Proposal,
    parent: Option<&Comment>,
    review: Review,
    now: Timestamp,
) -> Result<Decision, CommentError> {
    if proposal.parent_id.is_some() {
        may_be_answered(parent, proposal.post_id)?;
    }
    Ok(begin(proposal, review, now))
}

/// Begins a comment that was admitted before.
pub fn begin(proposal: Proposal, review: Review, now: Timestamp) -> Decision {
    let blank = Comment {
        id: proposal.id,
        post_id: proposal.post_id,
        parent_id: proposal.parent_id,
        author_id: Some(proposal.author_id),
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
    (blank.with_text(proposal.text, review), CommentFact::Created)
}

fn may_be_answered(parent: Option<&Comment>, post_id: PostId) -> Result<(), CommentError> {
    // A text that nobody may see cannot be answered, not even by its author: the answer would hang in the air.
    let parent = parent
        .filter(|parent| parent.post_id == post_id && (parent.is_deleted() || parent.approved.is_some()))
        .ok_or(CommentError::UnknownParent)?;
    if parent.is_deleted() {
        return Err(CommentError::ParentDeleted);
    }
    Ok(())
}

/// Gives `comment` another text; `None` when it has that text already.
///
/// # Errors
/// If `editor` did not write it, or it is gone.
pub fn edit(
    comment: &Comment,
    text: Text,
    editor: Person,
    review: Review,
    now: Timestamp,
) -> Result<Option<Decision>, CommentError> {
    comment.is_known_to(Some(editor))?;
    if !comment.is_by(editor) {
        return Err(CommentError::NotOwner);
    }
    if comment.body.as_ref() == Some(&text.0) {
        return Ok(None);
    }
    let edited = Comment {
        edited_at: Some(now),
        ..comment.clone().with_text(text, review)
    };
    Ok(Some((edited, CommentFact::Edited)))
}

/// Takes every text off `comment` and leaves its place in the thread; `None` when that was done before.
///
/// # Errors
/// If `person` neither wrote it nor moderates.
pub fn delete(comment: &Comment, person: Person) -> Result<Option<Decision>, CommentError> {
    match comment.is_known_to(Some(person)) {
        // A repeated request, whose first answer may have been lost.
        Err(CommentError::Gone) => return Ok(None),
        known => known?,
    }
    if !comment.is_by(person) && !person.moderates {
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

/// Takes the author's name off; `None` if it bears none. The text stays.
pub fn anonymise(comment: &Comment) -> Option<Decision> {
    comment.author_id?;
    let nameless = Comment {
        author_id: None,
        ..comment.clone()
    };
    Some((nameless, CommentFact::Edited))
}

impl Comment {
    /// Whether `person` sees more of it than readers do.
    pub fn is_open_to(&self, person: Option<Person>) -> bool {
        person.is_some_and(|person| person.moderates || self.is_by(person))
    }

    /// Whether `person`, or a reader who is not signed in, may know of it.
    ///
    /// # Errors
    /// [`CommentError::NotFound`] if not; [`CommentError::Gone`] if it was deleted.
    pub fn is_known_to(&self, person: Option<Person>) -> Result<(), CommentError> {
        if !self.is_open_to(person) && self.approved.is_none() {
            return Err(CommentError::NotFound);
        }
        if self.is_deleted() {
            return Err(CommentError::Gone);
        }
        Ok(())
    }

    fn is_by(&self, person: Person) -> bool {
        self.author_id == Some(person.id)
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.status == CommentStatus::Deleted
    }

    /// With `text` as its next revision.
    fn with_text(self, text: Text, review: Review) -> Self {
        let revision = self.revision.saturating_add(1);
        let (status, approved, approved_by) = match review {
            Review::Automatic => {
                let body = text.0.clone();
                (CommentStatus::Approved, Some(ApprovedText { revision, body }), 0)
            }
            Review::Awaited => (CommentStatus::Pending, self.approved, self.approved_by),
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

    /// What the events say of it: all but what is kept of verdicts.
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
