//! Calls of the comments API.

use common::{
    api::{
        Page,
        comments::{Comment, CreateComment, EditComment, FullComment, OwnCommentsFilter},
    },
    consistency::ConsistencyToken,
    ids::{CommentId, PostId},
};

use super::{Api, Call};

/// Comments per page.
const PAGE: u32 = 20;
/// The visitor's own comments that a post's page shows in their place.
const ON_ONE_POST: u32 = 100;

impl Api {
    /// Posts a comment. A repeated call with the same key returns the first result. `version` is that of the post which
    /// the visitor has read.
    pub fn create_comment(&self, key: &str, version: u64, request: &CreateComment) -> Call<FullComment> {
        let token = ConsistencyToken::post(request.post_id, version).to_string();
        let call = self.post("/api/comments").idempotency_key(key);
        call.consistency_token(&token).json(request)
    }

    /// The visitor's own comments on a post, newest first.
    pub fn own_comments_on(&self, post: PostId) -> Call<Page<FullComment>> {
        let filter = OwnCommentsFilter {
            post: Some(post),
            ..OwnCommentsFilter::default()
        };
        let call = self.get("/api/comments/mine").query(&filter);
        call.page(None, ON_ONE_POST)
    }

    /// The visitor's own comments, newest first, optionally only those with this status.
    pub fn own_comments(&self, status: Option<&str>, cursor: Option<&str>) -> Call<Page<FullComment>> {
        let filter = OwnCommentsFilter {
            status: status.map(str::to_owned),
            ..OwnCommentsFilter::default()
        };
        self.get("/api/comments/mine").query(&filter).page(cursor, PAGE)
    }

    /// A comment, with as much of it as the visitor may see.
    pub fn comment(&self, id: CommentId) -> Call<Comment> {
        self.get(format!("/api/comments/{id}"))
    }

    /// Changes the text of an own comment, if it is still at `version`.
    pub fn edit_comment(&self, id: CommentId, version: u64, body: &str) -> Call<FullComment> {
        let body = body.to_owned();
        let call = self.patch(format!("/api/comments/{id}"));
        call.if_match(version).json(&EditComment { body })
    }

    /// Deletes an own comment, if it is still at `version`.
    pub fn delete_comment(&self, id: CommentId, version: u64) -> Call<()> {
        self.delete(format!("/api/comments/{id}")).if_match(version)
    }
}
