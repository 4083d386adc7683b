//! Calls of the comments API.

use common::{
    api::{
        Page,
        comments::{Comment, CreateComment, EditComment, FullComment, OwnCommentsFilter},
    },
    consistency::ConsistencyToken,
    ids::{CommentId, PostId},
};

use super::{Api, ApiError, Backend};

/// Comments per page.
const PAGE: u32 = 20;
/// The visitor's own comments that a post's page shows in their place.
const ON_ONE_POST: u32 = 100;

impl Api {
    /// Posts a comment. A repeated call with the same key returns the first result. `version` is that of the post which
    /// the visitor has read.
    pub async fn create_comment(
        &self,
        key: &str,
        version: u64,
        request: &CreateComment,
    ) -> Result<FullComment, ApiError> {
        let token = ConsistencyToken::post(request.post_id, version);
        self.post(Backend::Comments, "/api/comments")
            .idempotency_key(key)
            .consistency_token(&token.to_string())
            .json(request)
            .send()
            .await
    }

    /// The visitor's own comments on a post, newest first.
    pub async fn own_comments_on(&self, post: PostId) -> Result<Page<FullComment>, ApiError> {
        let filter = OwnCommentsFilter {
            post: Some(post),
            ..OwnCommentsFilter::default()
        };
        self.get(Backend::Comments, "/api/comments/mine")
            .query(&filter)
            .page(None, ON_ONE_POST)
            .send()
            .await
    }

    /// The visitor's own comments, newest first, optionally only those with this status.
    pub async fn own_comments(
        &self,
        status: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Page<FullComment>, ApiError> {
        let filter = OwnCommentsFilter {
            status: status.map(str::to_owned),
            ..OwnCommentsFilter::default()
        };
        self.get(Backend::Comments, "/api/comments/mine")
            .query(&filter)
            .page(cursor, PAGE)
            .send()
            .await
    }

    /// A comment, with as much of it as the visitor may see.
    pub async fn comment(&self, id: CommentId) -> Result<Comment, ApiError> {
        self.get(Backend::Comments, format!("/api/comments/{id}"))
            .send()
            .await
    }

    /// Changes the text of an own comment, if it is still at `version`.
    pub async fn edit_comment(
        &self,
        id: CommentId,
        version: u64,
        body: &str,
    ) -> Result<FullComment, ApiError> {
        self.patch(Backend::Comments, format!("/api/comments/{id}"))
            .if_match(version)
            .json(&EditComment {
                body: body.to_owned(),
            })
            .send()
            .await
    }

    /// Deletes an own comment, if it is still at `version`.
    pub async fn delete_comment(&self, id: CommentId, version: u64) -> Result<(), ApiError> {
        self.delete(Backend::Comments, format!("/api/comments/{id}"))
            .if_match(version)
            .send_empty()
            .await
    }
}
