//! Calls of the posts API: the visitor's own posts.

use axum::http::Method;
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

use super::{Api, ApiError, Backend};

/// Posts or revisions per page.
const PAGE: u32 = 20;

impl Api {
    /// Creates a post. A repeated call with the same key returns the first result.
    pub async fn create_post(&self, key: &str, request: &CreatePostRequest) -> Result<PostSource, ApiError> {
        self.post(Backend::Posts, "/api/posts")
            .idempotency_key(key)
            .json(request)
            .send()
            .await
    }

    /// An own post with its source.
    pub async fn post_source(&self, id: PostId) -> Result<PostSource, ApiError> {
        self.get(Backend::Posts, format!("/api/posts/{id}")).send().await
    }

    /// Updates an own post, if it is still at `version`.
    pub async fn update_post(
        &self,
        id: PostId,
        version: Option<u64>,
        request: &UpdatePostRequest,
    ) -> Result<PostSource, ApiError> {
        self.patch(Backend::Posts, format!("/api/posts/{id}"))
            .if_match(version)
            .json(request)
            .send()
            .await
    }

    /// Deletes an own post, if it is still at `version`.
    pub async fn delete_post(&self, id: PostId, version: Option<u64>) -> Result<(), ApiError> {
        self.delete(Backend::Posts, format!("/api/posts/{id}"))
            .if_match(version)
            .send_empty()
            .await
    }

    /// The visitor's own posts, latest change first.
    pub async fn own_posts(
        &self,
        list: PostList,
        cursor: Option<&str>,
    ) -> Result<Page<PostSummary>, ApiError> {
        self.get(Backend::Posts, "/api/posts/mine")
            .query(&OwnPostsParams { status: Some(list) })
            .page(cursor, PAGE)
            .send()
            .await
    }

    /// The revisions of an own post, newest first.
    pub async fn revisions(
        &self,
        id: PostId,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Page<RevisionEntry>, ApiError> {
        self.get(Backend::Posts, format!("/api/posts/{id}/revisions"))
            .page(cursor, limit.unwrap_or(PAGE))
            .send()
            .await
    }

    /// A revision of an own post.
    pub async fn revision(&self, id: PostId, version: u64) -> Result<RevisionText, ApiError> {
        self.get(Backend::Posts, format!("/api/posts/{id}/revisions/{version}"))
            .send()
            .await
    }

    /// Likes a post, or removes the like.
    pub async fn like(&self, post: PostId, like: bool) -> Result<(), ApiError> {
        let method = if like { Method::PUT } else { Method::DELETE };
        let path = format!("/api/posts/{post}/reaction");
        self.call(Backend::Posts, method, path).send_empty().await
    }
}
