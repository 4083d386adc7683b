//! What readers see, as `query` answers it.

use axum::http::{Method, StatusCode};
use common::{
    api::Page,
    consistency::ConsistencyToken,
    event::{Role, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use serde::Deserialize;

use crate::cache::changes::KeyHash;

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

    /// Their page's path.
    pub fn path(&self) -> String {
        format!("/@{}", segment(&self.username))
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
        post_path(self.slug.as_deref(), self.id)
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
    /// The same author's post before this one.
    #[serde(default)]
    pub previous: Option<Neighbour>,
    /// The one after it.
    #[serde(default)]
    pub next: Option<Neighbour>,
}

/// A post beside another.
#[derive(Debug, Clone, Deserialize)]
pub struct Neighbour {
    pub id: PostId,
    pub slug: Option<String>,
    pub title: String,
}

impl Neighbour {
    /// Its page's path.
    pub fn path(&self) -> String {
        post_path(self.slug.as_deref(), self.id)
    }
}

/// The path of a post's page.
fn post_path(slug: Option<&str>, id: PostId) -> String {
    match slug {
        Some(slug) => format!("/p/{}", segment(slug)),
        None => format!("/p/{id}"),
    }
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

/// Which posts of all.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostFilter<'a> {
    pub tag: Option<&'a str>,
    /// A user name.
    pub author: Option<&'a str>,
    /// Words that begin words of the title or the tags.
    pub q: Option<&'a str>,
    /// Days, the second excluded: `2026-11-01`.
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

/// A month with published posts.
#[derive(Debug, Clone, Deserialize)]
pub struct Month {
    /// `2026-11`
    pub month: String,
    pub posts: u32,
}

/// A post as sitemaps name it.
#[derive(Debug, Clone, Deserialize)]
pub struct SitemapPost {
    pub slug: Option<String>,
    pub updated_at: Timestamp,
}

/// What the viewer has done about a post and its author.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ViewerState {
    pub following: Option<bool>,
    pub reaction: Option<String>,
}

impl ViewerState {
    pub fn follows(&self) -> bool {
        self.following == Some(true)
    }

    pub fn likes(&self) -> bool {
        self.reaction.is_some()
    }
}

/// What depends on these posts: they themselves, and their authors.
fn of_posts<'a>(posts: impl IntoIterator<Item = &'a PostSummary>) -> impl Iterator<Item = KeyHash> {
    posts.into_iter().flat_map(|post| {
        let author = post.author.as_ref().map(|author| KeyHash::user(author.id));
        [Some(KeyHash::post(post.id)), author].into_iter().flatten()
    })
}

/// The authors of these comments. Threads are not deep: the read side flattens them.
fn of_comments(comments: &[Comment], keys: &mut Vec<KeyHash>) {
    for comment in comments {
        keys.extend(comment.author.as_ref().map(|author| KeyHash::user(author.id)));
        of_comments(&comment.replies, keys);
    }
}

impl Api {
    fn noted(&self, keys: impl IntoIterator<Item = KeyHash>) {
        self.identity.noted().depends(keys);
    }

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
            ("q", filter.q),
            ("from", filter.from),
            ("to", filter.to),
            ("cursor", after),
            ("limit", Some(PAGE)),
        ];
        let path = with_query("/api/query/posts", &parameters);
        let posts: Answer<Page<PostSummary>> = self.get(Part::Reading, path).send().await?;
        self.noted(of_posts(&posts.items).chain([KeyHash::posts()]));
        Ok(posts)
    }

    /// Those of `ids` (at most 100) that are published, in one request.
    ///
    /// # Errors
    /// If reading is away.
    pub async fn posts_of(&self, mut ids: Vec<PostId>) -> Result<Answer<Page<PostSummary>>, Trouble> {
        ids.sort_unstable();
        ids.dedup();
        let ids: Vec<String> = ids.iter().map(PostId::to_string).collect();
        let parameters = [("ids", Some(ids.join(","))), ("limit", Some("100".to_owned()))];
        let parameters = parameters
            .each_ref()
            .map(|(name, value)| (*name, value.as_deref()));
        self.get(Part::Reading, with_query("/api/query/posts", &parameters))
            .send()
            .await
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
        let post: Answer<Post> = raw.value()?;
        // Its neighbours are told by the list of posts.
        self.noted(of_posts([&post.summary]).chain([KeyHash::posts()]));
        Ok(Found::Post(Box::new(post)))
    }

    /// A page of a post's threads, oldest first; with `seen`, not before the read side knows that.
    ///
    /// # Errors
    /// If reading is away.
    pub async fn threads(
        &self,
        post: PostId,
        after: Option<&str>,
        seen: Option<&ConsistencyToken>,
    ) -> Result<Answer<Page<Comment>>, Trouble> {
        let path = format!("/api/query/posts/{post}/comments");
        let path = with_query(&path, &[("cursor", after), ("limit", Some("50"))]);
        let mut call = self.get(Part::Reading, path);
        if let Some(seen) = seen {
            call = call.having_seen(&seen.to_string());
        }
        let threads: Answer<Page<Comment>> = call.send().await?;
        let mut keys = vec![KeyHash::post(post)];
        of_comments(&threads.items, &mut keys);
        self.noted(keys);
        Ok(threads)
    }

    /// A person.
    ///
    /// # Errors
    /// If reading is away, or there is nobody of that name.
    pub async fn profile(&self, username: &str) -> Result<Answer<Profile>, Trouble> {
        let path = format!("/api/query/users/{}", segment(username));
        let profile: Answer<Profile> = self.get(Part::Reading, path).send().await?;
        self.noted([KeyHash::user(profile.id)]);
        Ok(profile)
    }

    /// A page of tags, those with most posts first.
    ///
    /// # Errors
    /// If reading is away, or the cursor is none.
    pub async fn tags(&self, limit: u32, after: Option<&str>) -> Result<Answer<Page<Tag>>, Trouble> {
        let limit = limit.to_string();
        let path = with_query("/api/query/tags", &[("limit", Some(&limit)), ("cursor", after)]);
        let tags = self.get(Part::Reading, path).send().await?;
        self.noted([KeyHash::tags()]);
        Ok(tags)
    }

    /// Posts of those whom the visitor follows, newest first.
    ///
    /// # Errors
    /// If reading is away, nobody is signed in, or the cursor is none.
    pub async fn following(&self, after: Option<&str>) -> Result<Answer<Page<PostSummary>>, Trouble> {
        let path = with_query(
            "/api/query/following",
            &[("cursor", after), ("limit", Some(PAGE))],
        );
        self.get(Part::Reading, path).send().await
    }

    /// What the visitor has done about a post and an author.
    ///
    /// # Errors
    /// If reading is away, or nobody is signed in.
    pub async fn viewer_state(
        &self,
        post: Option<PostId>,
        author: Option<UserId>,
    ) -> Result<ViewerState, Trouble> {
        let (post, author) = (post.map(|id| id.to_string()), author.map(|id| id.to_string()));
        let parameters = [("post", post.as_deref()), ("author", author.as_deref())];
        let path = with_query("/api/query/viewer", &parameters);
        let state = self.get(Part::Reading, path).send().await?;
        Ok(state.value)
    }

    /// Months with published posts, newest first.
    ///
    /// # Errors
    /// If reading is away, or the cursor is none.
    pub async fn archive(&self, after: Option<&str>) -> Result<Answer<Page<Month>>, Trouble> {
        let path = with_query("/api/query/archive", &[("limit", Some("100")), ("cursor", after)]);
        let months = self.get(Part::Reading, path).send().await?;
        self.noted([KeyHash::posts()]);
        Ok(months)
    }

    /// A page of the posts of some days, as sitemaps name them.
    ///
    /// # Errors
    /// If reading is away.
    pub async fn sitemap(
        &self,
        (from, to): (&str, &str),
        after: Option<&str>,
    ) -> Result<Answer<Page<SitemapPost>>, Trouble> {
        let parameters = [
            ("from", Some(from)),
            ("to", Some(to)),
            ("limit", Some("100")),
            ("cursor", after),
        ];
        let path = with_query("/api/query/sitemap", &parameters);
        let posts = self.get(Part::Reading, path).send().await?;
        self.noted([KeyHash::posts()]);
        Ok(posts)
    }

    /// Follows somebody, or no more.
    ///
    /// # Errors
    /// If accounts are away, or it is not possible.
    pub async fn follow(&self, user: UserId, follow: bool) -> Result<(), Trouble> {
        let method = if follow { Method::PUT } else { Method::DELETE };
        let path = format!("/api/users/{user}/follow");
        self.call(Part::Accounts, method, path).send_empty().await
    }

    /// Likes a post, or no more.
    ///
    /// # Errors
    /// If writing is away, or it is not possible.
    pub async fn like(&self, post: PostId, like: bool) -> Result<(), Trouble> {
        let method = if like { Method::PUT } else { Method::DELETE };
        let path = format!("/api/posts/{post}/reaction");
        self.call(Part::Posts, method, path).send_empty().await
    }
}
