//! Posts and revisions as entries of their author's lists.

use common::{api::posts::PostList, event::Timestamp, ids::PostId};
use serde::Deserialize;

use super::{
    moderation::Verdict,
    post::{Post, Status, Text},
};

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
    /// The verdict on its current text, once the post complies with it.
    pub verdict: Option<Verdict>,
}

/// The part of a post's text that lists show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeadText {
    pub title: String,
    pub summary: Option<String>,
}

impl Headline {
    /// The list that holds it.
    pub fn list(&self) -> Option<PostList> {
        self.status.list(self.publish_at)
    }
}

/// A current or former text of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The version of the post that introduced it.
    pub version: u64,
    pub at: Timestamp,
    pub text: Text,
}

impl Revision {
    /// The current text of `post`.
    pub fn current(post: &Post) -> Self {
        Self {
            version: post.text_version,
            at: post.text_at,
            text: post.text.clone(),
        }
    }
}

/// A revision without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionHead {
    pub version: u64,
    pub at: Timestamp,
    pub title: String,
    /// Length of the body.
    pub bytes: u64,
}
