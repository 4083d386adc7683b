//! Calls of the posts API: the visitor's own posts.

use common::{
    api::{
        Page,
        posts::{
            CreatePostRequest, OwnPostsParams, PostList, PostSource, PostSummary, RevisionEntry,
            RevisionText, UpdatePostRequest,
        },
    },
    ids::PostId,
};

use serde::de::IgnoredAny;

use super::{Api, Call};

/// Posts per page.
const POSTS: u32 = 20;

impl Api {
    /// Creates a post. A repeated call with the same key returns the first result.
    pub fn create_post(&self, key: &str, request: &CreatePostRequest) -> Call<PostSource> {
        self.post("/api/posts").idempotency_key(key).json(request)
    }

    /// An own post with its source.
    pub fn post_source(&self, id: PostId) -> Call<PostSource> {
        self.get(format!("/api/posts/{id}"))
    }

    /// Updates an own post, if it is still at `version`.
    pub fn update_post(
        &self,
        id: PostId,
        version: Option<u64>,
        request: &UpdatePostRequest,
    ) -> Call<PostSource> {
        let call = self.patch(format!("/api/posts/{id}"));
        call.if_match(version).json(request)
    }

    /// Deletes an own post, if it is still at `version`.
    pub fn delete_post(&self, id: PostId, version: Option<u64>) -> Call<()> {
        self.delete(format!("/api/posts/{id}")).if_match(version)
    }

    /// The visitor's own posts, latest change first.
    pub fn own_posts(&self, list: PostList, cursor: Option<&str>) -> Call<Page<PostSummary>> {
        let filter = OwnPostsParams {
            status: Some(list),
            slug: None,
        };
        self.get("/api/posts/mine").query(&filter).page(cursor, POSTS)
    }

    /// The visitor's own post with this slug, if there is one.
    pub fn own_post_with_slug(&self, slug: &str) -> Call<Page<PostSummary>> {
        let filter = OwnPostsParams {
            status: None,
            slug: Some(slug.to_owned()),
        };
        self.get("/api/posts/mine").query(&filter).page(None, 1)
    }

    /// The revisions of an own post, newest first.
    pub fn revisions(&self, id: PostId, cursor: Option<&str>, limit: u32) -> Call<Page<RevisionEntry>> {
        self.get(format!("/api/posts/{id}/revisions")).page(cursor, limit)
    }

    /// A revision of an own post.
    pub fn revision(&self, id: PostId, version: u64) -> Call<RevisionText> {
        self.get(format!("/api/posts/{id}/revisions/{version}"))
    }

    /// Likes a post, or removes the like.
    pub fn like(&self, post: PostId, like: bool) -> Call<IgnoredAny> {
        self.toggle(format!("/api/posts/{post}/reaction"), like)
    }
}
