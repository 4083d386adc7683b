//! What readers see, as `query` answers it.

use axum::http::StatusCode;
use common::{
    event::{Role, Timestamp},
    http::Page,
    ids::{CommentId, PostId, UserId},
};
use serde::Deserialize;

use super::{Answer, Api, Part, Trouble, segment, with_query};

/// Posts on one page of a list.
const PAGE: &str = "20";

/// Who wrote something.
#[derive(Debug, Clone, Deserialize)]
pub struct Author {
    pub id: UserId,
    pub username: String,
    /// What they call themselves; may be empty.
    #[serde(default)]
    pub name: String,
}

impl Author {
    /// What they call themselves, or else their user name.
    pub fn shown(&self) -> &str {
        if self.name.trim().is_empty() {
            &self.username
        } else {
            &self.name
        }
    }

    /// For the disc that stands for a picture.
    pub fn initial(&self) -> String {
        self.shown()
            .chars()
            .next()
            .unwrap_or('?')
            .to_uppercase()
            .collect()
    }
}

/// What is counted of a post.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Counts {
    pub comments: u32,
    pub reactions: u32,
}

/// A post in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct PostSummary {
    pub id: PostId,
    pub version: u64,
    pub slug: Option<String>,
    pub title: String,
    pub summary: String,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    pub author: Option<Author>,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub reading_minutes: u32,
    #[serde(default)]
    pub counts: Counts,
}

impl PostSummary {
    /// Its page's path.
    pub fn path(&self) -> String {
        match &self.slug {
            Some(slug) => format!("/p/{}", segment(slug)),
            None => format!("/p/{}", self.id),
        }
    }
}

/// An entry of a table of contents.
#[derive(Debug, Clone, Deserialize)]
pub struct Heading {
    pub id: String,
    pub level: u8,
    pub text: String,
}

/// A post in full.
#[derive(Debug, Clone, Deserialize)]
pub struct Post {
    #[serde(flatten)]
    pub summary: PostSummary,
    /// Rendered and safe to insert.
    pub html: String,
    #[serde(default)]
    pub toc: Vec<Heading>,
    #[serde(default)]
    pub words: u32,
}

/// A post, or where it is now.
#[derive(Debug, Clone)]
pub enum Found {
    Post(Box<Answer<Post>>),
    /// By a former slug: the present one.
    Moved(String),
}

#[derive(Debug, Deserialize)]
struct Moved {
    slug: String,
}

/// A comment with its replies.
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    pub id: CommentId,
    pub parent_id: Option<CommentId>,
    /// For `If-Match`; absent where only the place is shown.
    #[serde(default)]
    pub version: Option<u64>,
    /// Only its place is shown.
    pub deleted: bool,
    pub author: Option<Author>,
    pub html: Option<String>,
    pub created_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub replies: Vec<Comment>,
    #[serde(default)]
    pub replies_omitted: usize,
}

/// A person's page.
#[derive(Debug, Clone, Deserialize)]
pub struct Profile {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub bio: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub counts: PersonCounts,
}

impl Profile {
    /// As the author of their posts.
    pub fn author(&self) -> Author {
        Author {
            id: self.id,
            username: self.username.clone(),
            name: self.name.clone(),
        }
    }
}

/// What is counted of a person.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PersonCounts {
    pub posts: u32,
    pub followers: u32,
    pub following: u32,
}

/// A tag and how many posts bear it.
#[derive(Debug, Clone, Deserialize)]
pub struct Tag {
    pub tag: String,
    pub posts: u32,
}

/// The tags, those with most posts first.
#[derive(Debug, Clone, Deserialize)]
pub struct Tags {
    pub items: Vec<Tag>,
}

/// Which posts of all.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostFilter<'a> {
    pub tag: Option<&'a str>,
    pub author: Option<&'a str>,
}

impl Api {
    /// A page of published posts, newest first.
    ///
    /// # Errors
    /// If reading is away, or the cursor is none.
    pub async fn posts(
        &self,
        filter: PostFilter<'_>,
        after: Option<&str>,
    ) -> Result<Answer<Page<PostSummary>>, Trouble> {
        let parameters = [
            ("tag", filter.tag),
            ("author", filter.author),
            ("cursor", after),
            ("limit", Some(PAGE)),
        ];
        let path = with_query("/api/query/posts", &parameters);
        self.get(Part::Reading, path).send().await
    }

    /// A published post, by slug or id.
    ///
    /// # Errors
    /// If reading is away, or there is no such post.
    pub async fn read_post(&self, reference: &str) -> Result<Found, Trouble> {
        let path = format!("/api/query/posts/{}", segment(reference));
        let call = self.get(Part::Reading, path);
        let raw = call.send_raw().await?;
        if raw.status == StatusCode::MOVED_PERMANENTLY {
            return raw.value::<Moved>().map(|moved| Found::Moved(moved.value.slug));
        }
        raw.value().map(|post| Found::Post(Box::new(post)))
    }

    /// A page of a post's threads, oldest first.
    ///
    /// # Errors
    /// If reading is away.
    pub async fn threads(&self, post: PostId, after: Option<&str>) -> Result<Answer<Page<Comment>>, Trouble> {
        let path = format!("/api/query/posts/{post}/comments");
        let path = with_query(&path, &[("cursor", after), ("limit", Some("50"))]);
        self.get(Part::Reading, path).send().await
    }

    /// A person.
    ///
    /// # Errors
    /// If reading is away, or there is nobody of that name.
    pub async fn profile(&self, username: &str) -> Result<Answer<Profile>, Trouble> {
        let path = format!("/api/query/users/{}", segment(username));
        self.get(Part::Reading, path).send().await
    }

    /// The most used tags.
    ///
    /// # Errors
    /// If reading is away.
    pub async fn tags(&self, limit: u32) -> Result<Answer<Tags>, Trouble> {
        let path = format!("/api/query/tags?limit={limit}");
        self.get(Part::Reading, path).send().await
    }
}
