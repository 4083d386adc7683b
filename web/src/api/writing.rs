//! One's own posts, as `posts` answers them to their author, and the preview of what is not saved yet.

use common::{api::Page, event::Timestamp, ids::PostId};
use serde::{Deserialize, Serialize};

use super::{Answer, Api, Call, Part, Trouble, reading::Heading, segment, with_query};

/// Posts or revisions on one page of a list.
const PAGE: &str = "20";

/// Where its author finds a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    #[default]
    Draft,
    /// A draft that is published by itself at its time.
    Scheduled,
    Published,
}

impl Shelf {
    /// All, in the order of a post's life.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Scheduled, Self::Published];

    /// As the API names it, and as badges are classed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
        }
    }

    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Scheduled => "Scheduled",
            Self::Published => "Published",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.as_str() == name)
    }
}

/// What was decided about a post's present text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Moderation {
    pub status: Outcome,
    /// A code, such as `banned_phrase` or `spam`.
    pub reason: Option<String>,
    /// A moderator's words for the author.
    pub note: Option<String>,
}

/// What can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Approved,
    Rejected,
    /// Held until a moderator has looked at it.
    Flagged,
    /// One that this site does not know yet.
    #[serde(other)]
    Unknown,
}

/// A post in the list of one's own.
#[derive(Debug, Clone, Deserialize)]
pub struct Headline {
    pub id: PostId,
    pub version: u64,
    #[serde(default)]
    pub status: Option<Shelf>,
    pub slug: Option<String>,
    pub title: String,
    pub publish_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub published_at: Option<Timestamp>,
    #[serde(default)]
    pub moderation: Option<Moderation>,
}

impl Headline {
    /// Where it stands.
    pub fn shelf(&self) -> Shelf {
        self.status.unwrap_or_default()
    }
}

/// One's own post with its source.
#[derive(Debug, Clone, Deserialize)]
pub struct Source {
    pub id: PostId,
    pub version: u64,
    #[serde(default)]
    pub status: Option<Shelf>,
    pub slug: Option<String>,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub summary: Option<String>,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    pub publish_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub published_at: Option<Timestamp>,
    #[serde(default)]
    pub moderation: Option<Moderation>,
}

impl Source {
    /// Where it stands.
    pub fn shelf(&self) -> Shelf {
        self.status.unwrap_or_default()
    }

    /// Its page for readers, while it is published.
    pub fn path(&self) -> Option<String> {
        let slug = self.slug.as_ref().filter(|_| self.shelf() == Shelf::Published);
        slug.map(|slug| format!("/p/{}", segment(slug)))
    }
}

/// What a form says a post is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub title: String,
    pub body: String,
    pub summary: Option<String>,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    /// `draft` or `published`; absent: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Absent: as it is; `null`: not by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<Option<Timestamp>>,
}

/// A text to go back to.
#[derive(Debug, Clone, Serialize)]
pub struct Restored<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub summary: Option<&'a str>,
}

/// A text that a post has or had, without the text.
#[derive(Debug, Clone, Deserialize)]
pub struct RevisionEntry {
    /// The version of the post that brought it.
    pub version: u64,
    pub created_at: Timestamp,
    pub title: String,
    /// Of the body.
    pub bytes: u64,
}

/// A text that a post has or had.
#[derive(Debug, Clone, Deserialize)]
pub struct Revision {
    pub version: u64,
    pub created_at: Timestamp,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub summary: Option<String>,
}

/// A text as readers would see it.
#[derive(Debug, Clone, Deserialize)]
pub struct Preview {
    /// Rendered and safe to insert.
    pub html: String,
    #[serde(default)]
    pub toc: Vec<Heading>,
    pub words: u32,
    pub reading_minutes: u32,
}

impl Api {
    /// Begins a post. The same key again finds the first result.
    ///
    /// # Errors
    /// If writing is away, or the values are refused.
    pub async fn create_post(&self, key: &str, draft: &Draft) -> Result<Answer<Source>, Trouble> {
        let call = self.post(Part::Posts, "/api/posts").idempotency_key(key);
        call.json(draft).send().await
    }

    /// One's own post.
    ///
    /// # Errors
    /// If writing is away, or there is no such post for this author.
    pub async fn source(&self, id: PostId) -> Result<Answer<Source>, Trouble> {
        self.get(Part::Posts, format!("/api/posts/{id}")).send().await
    }

    /// Changes one's own post, if it is still at `version`.
    ///
    /// # Errors
    /// If writing is away, the values are refused, or the post has changed.
    pub async fn change_post(
        &self,
        id: PostId,
        version: Option<u64>,
        change: &impl Serialize,
    ) -> Result<Answer<Source>, Trouble> {
        let call = self.patch(Part::Posts, format!("/api/posts/{id}"));
        matching(call, version).json(change).send().await
    }

    /// Deletes one's own post for good, if it is still at `version`.
    ///
    /// # Errors
    /// If writing is away, or the post has changed.
    pub async fn delete_post(&self, id: PostId, version: Option<u64>) -> Result<(), Trouble> {
        let call = self.delete(Part::Posts, format!("/api/posts/{id}"));
        matching(call, version).send_empty().await
    }

    /// A page of one's own posts, latest change first.
    ///
    /// # Errors
    /// If writing is away.
    pub async fn own_posts(
        &self,
        shelf: Shelf,
        after: Option<&str>,
    ) -> Result<Answer<Page<Headline>>, Trouble> {
        let parameters = [
            ("status", Some(shelf.as_str())),
            ("cursor", after),
            ("limit", Some(PAGE)),
        ];
        self.get(Part::Posts, with_query("/api/posts/mine", &parameters))
            .send()
            .await
    }

    /// A page of the texts that one's own post has and had, newest first.
    ///
    /// # Errors
    /// If writing is away, or there is no such post for this author.
    pub async fn revisions(
        &self,
        id: PostId,
        after: Option<&str>,
        limit: Option<&str>,
    ) -> Result<Answer<Page<RevisionEntry>>, Trouble> {
        let parameters = [("cursor", after), ("limit", limit.or(Some(PAGE)))];
        let path = with_query(&format!("/api/posts/{id}/revisions"), &parameters);
        self.get(Part::Posts, path).send().await
    }

    /// One of those texts.
    ///
    /// # Errors
    /// If writing is away, or there is none of that version.
    pub async fn revision(&self, id: PostId, version: u64) -> Result<Answer<Revision>, Trouble> {
        let path = format!("/api/posts/{id}/revisions/{version}");
        self.get(Part::Posts, path).send().await
    }

    /// A text as readers would see it.
    ///
    /// # Errors
    /// If reading is away, or the text is too long.
    pub async fn preview(&self, body: &str) -> Result<Answer<Preview>, Trouble> {
        let call = self.post(Part::Reading, "/api/query/preview").by_the_page();
        call.json(&serde_json::json!({ "body": body })).send().await
    }
}

fn matching(call: Call, version: Option<u64>) -> Call {
    match version {
        Some(version) => call.if_match(version),
        None => call,
    }
}
