//! Calls of the read side. Each records what its response depends on, for the page cache.

use axum::http::StatusCode;
use common::{
    api::{
        Page,
        query::{
            Comment, FeedEntry, Month, MovedPost, Post, PostFilter, PostSummary, Profile, SitemapEntry,
            SitemapFilter, Tag, ViewerQuery, ViewerState,
        },
    },
    consistency::ConsistencyToken,
    ids::{PostId, UserId},
};

use super::{Api, ApiError, Call};
use crate::{cache::changes::KeyHash, url::segment};

/// Posts per page.
const POSTS: u32 = 20;
/// Threads per page of a discussion.
const THREADS: u32 = 50;
/// The most items of one response.
const MAX_ITEMS: u32 = 100;

/// A post, or its current slug.
#[derive(Debug)]
pub enum PostLookup {
    Found(Box<Post>),
    /// The post was requested by a former slug.
    Moved(String),
}

/// The posts and their authors.
fn keys_of_posts<'a>(posts: impl IntoIterator<Item = &'a PostSummary>) -> impl Iterator<Item = KeyHash> {
    posts.into_iter().flat_map(|post| {
        let author = post.author.as_ref().map(|author| KeyHash::user(author.id));
        [Some(KeyHash::post(post.id)), author].into_iter().flatten()
    })
}

/// The authors of the comments. The read side limits the depth of threads.
fn keys_of_comments(comments: &[Comment], keys: &mut Vec<KeyHash>) {
    for comment in comments {
        keys.extend(comment.author.as_ref().map(|author| KeyHash::user(author.id)));
        keys_of_comments(&comment.replies, keys);
    }
}

impl Api {
    fn depends_on(&self, keys: impl IntoIterator<Item = KeyHash>) {
        self.identity().dependencies().record(keys);
    }

    /// Published posts, newest first.
    pub async fn posts(
        &self,
        filter: &PostFilter,
        cursor: Option<&str>,
    ) -> Result<Page<PostSummary>, ApiError> {
        let call = self.get("/api/query/posts").query(filter);
        let posts: Page<PostSummary> = call.page(cursor, POSTS).await?;
        self.depends_on(keys_of_posts(&posts.items).chain([KeyHash::posts()]));
        Ok(posts)
    }

    /// The newest posts with their text.
    pub async fn feed(&self, filter: &PostFilter) -> Result<Page<FeedEntry>, ApiError> {
        let posts: Page<FeedEntry> = self.get("/api/query/feed").query(filter).await?;
        let summaries = posts.items.iter().map(|entry| &entry.summary);
        self.depends_on(keys_of_posts(summaries).chain([KeyHash::posts()]));
        Ok(posts)
    }

    /// A published post, by slug or id.
    pub async fn published_post(&self, reference: &str) -> Result<PostLookup, ApiError> {
        let call: Call<Post> = self.get(format!("/api/query/posts/{}", segment(reference)));
        let response = call.send().await?;
        if response.status == StatusCode::MOVED_PERMANENTLY {
            let moved: MovedPost = response.value()?;
            return Ok(PostLookup::Moved(moved.slug));
        }
        let post: Post = response.value()?;
        // The previous and next post depend on the list of posts.
        self.depends_on(keys_of_posts([&post.summary]).chain([KeyHash::posts()]));
        Ok(PostLookup::Found(Box::new(post)))
    }

    /// The threads on a post, oldest first, in a state that includes `token`.
    pub async fn threads(
        &self,
        post: PostId,
        cursor: Option<&str>,
        token: Option<&ConsistencyToken>,
    ) -> Result<Page<Comment>, ApiError> {
        let mut call = self.get(format!("/api/query/posts/{post}/comments"));
        if let Some(token) = token {
            call = call.consistency_token(&token.to_string());
        }
        let threads: Page<Comment> = call.page(cursor, THREADS).await?;
        let mut keys = vec![KeyHash::post(post)];
        keys_of_comments(&threads.items, &mut keys);
        self.depends_on(keys);
        Ok(threads)
    }

    /// A user's profile.
    pub async fn profile(&self, username: &str) -> Result<Profile, ApiError> {
        let call = self.get(format!("/api/query/users/{}", segment(username)));
        let profile: Profile = call.await?;
        self.depends_on([KeyHash::user(profile.id)]);
        Ok(profile)
    }

    /// Tags, those with most posts first.
    pub async fn tags(&self, limit: u32, cursor: Option<&str>) -> Result<Page<Tag>, ApiError> {
        let tags = self.get("/api/query/tags").page(cursor, limit).await?;
        self.depends_on([KeyHash::tags()]);
        Ok(tags)
    }

    /// Posts of the users whom the visitor follows, newest first.
    pub fn following(&self, cursor: Option<&str>) -> Call<Page<PostSummary>> {
        self.get("/api/query/following").page(cursor, POSTS)
    }

    /// The visitor's relation to a post and an author.
    pub fn viewer_state(&self, post: Option<PostId>, author: Option<UserId>) -> Call<ViewerState> {
        self.get("/api/query/viewer").query(&ViewerQuery { author, post })
    }

    /// Months with published posts, newest first.
    pub async fn archive(&self, cursor: Option<&str>) -> Result<Page<Month>, ApiError> {
        let months = self.get("/api/query/archive").page(cursor, MAX_ITEMS).await?;
        self.depends_on([KeyHash::posts()]);
        Ok(months)
    }

    /// The posts of a period, as sitemaps list them.
    pub async fn sitemap(
        &self,
        filter: &SitemapFilter,
        cursor: Option<&str>,
    ) -> Result<Page<SitemapEntry>, ApiError> {
        let call = self.get("/api/query/sitemap").query(filter);
        let posts = call.page(cursor, MAX_ITEMS).await?;
        self.depends_on([KeyHash::posts()]);
        Ok(posts)
    }
}
