//! Posts and revisions as their author finds them in lists.

use common::{api::posts::PostList, event::Timestamp, ids::PostId};
use serde::Deserialize;

use super::{
    moderation::Verdict,
    post::{Status, Text},
};

/// The list that holds a post; `None` for a deleted one.
pub fn list_of(status: Status, publish_at: Option<Timestamp>) -> Option<PostList> {
    match status {
        Status::Draft if publish_at.is_some() => Some(PostList::Scheduled),
        Status::Draft => Some(PostList::Draft),
        Status::Published => Some(PostList::Published),
        Status::Deleted => None,
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
    pub fn list(&self) -> Option<PostList> {
        list_of(self.status, self.publish_at)
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
