//! Posts and revisions as their author finds them in lists.

use common::{event::Timestamp, ids::PostId};
use serde::Deserialize;

use super::{
    moderation::Verdict,
    post::{Status, Text},
};

/// Where its author finds a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Drafts without a plan.
    Draft,
    /// Drafts that are published by themselves at their time.
    Scheduled,
    Published,
}

impl Shelf {
    /// The shelf of a post; a deleted one is on none.
    pub fn of(status: Status, publish_at: Option<Timestamp>) -> Option<Self> {
        match status {
            Status::Draft if publish_at.is_some() => Some(Self::Scheduled),
            Status::Draft => Some(Self::Draft),
            Status::Published => Some(Self::Published),
            Status::Deleted => None,
        }
    }

    /// The shelf's name, in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
        }
    }
}

/// A post without its body, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Headline {
    pub id: PostId,
    pub status: Status,
    pub slug: Option<String>,
    pub text: HeadText,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    pub publish_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub published_at: Option<Timestamp>,
    #[serde(default)]
    pub held_back: bool,
}

/// A post in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub version: u64,
    pub post: Headline,
    /// What was decided about its present text, once that is done.
    pub verdict: Option<Verdict>,
}

/// The part of a post's text that lists show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeadText {
    pub title: String,
    pub summary: Option<String>,
}

impl Headline {
    /// Where its author finds it.
    pub fn shelf(&self) -> Option<Shelf> {
        Shelf::of(self.status, self.publish_at)
    }
}

/// A text that a post has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The version of the post that brought it.
    pub version: u64,
    pub at: Timestamp,
    pub text: Text,
}

/// A revision without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionHead {
    pub version: u64,
    pub at: Timestamp,
    pub title: String,
    /// Of the body.
    pub bytes: u64,
}
