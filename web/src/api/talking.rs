//! One's own comments, as `comments` answers them.

use common::{
    api::Page,
    event::{CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{Answer, Api, Part, Trouble, with_query};

/// Comments on one page of a list.
const PAGE: &str = "20";
/// One's own comments on one post that its page shows in place.
const ON_ONE_POST: &str = "100";

/// A comment as its author sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct OwnComment {
    pub id: CommentId,
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub author_id: Option<UserId>,
    /// Where its latest text stands.
    pub status: CommentStatus,
    pub revision: u32,
    /// The latest text, Markdown.
    pub body: Option<String>,
    /// The text that readers see.
    pub approved: Option<ApprovedText>,
    /// Why the latest text was refused or waits; a code.
    pub reason: Option<String>,
    /// A moderator's words.
    #[serde(default)]
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub version: u64,
}

impl OwnComment {
    /// The latest text; nothing once it is deleted.
    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    /// Whether readers see none of its texts.
    pub fn is_unseen(&self) -> bool {
        self.approved.is_none()
    }
}

/// Which of a comment's texts readers see.
#[derive(Debug, Clone, Deserialize)]
pub struct ApprovedText {
    pub revision: u32,
}

/// A comment as whoever asks may see it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Whole(Box<OwnComment>),
    ToReaders {},
}

#[derive(Serialize)]
struct NewComment<'a> {
    post_id: PostId,
    parent_id: Option<CommentId>,
    body: &'a str,
}

#[derive(Serialize)]
struct Text<'a> {
    body: &'a str,
}

impl Api {
    /// Comments on a post, or answers `parent`. The same key again finds the first result. `seen` is the version of
    /// the post that was read.
    ///
    /// # Errors
    /// If comments are away, or the text, the post or the parent is refused.
    pub async fn comment(
        &self,
        key: &str,
        (post_id, seen): (PostId, u64),
        parent_id: Option<CommentId>,
        body: &str,
    ) -> Result<Answer<OwnComment>, Trouble> {
        let comment = NewComment {
            post_id,
            parent_id,
            body,
        };
        let call = self.post(Part::Comments, "/api/comments").idempotency_key(key);
        call.having_seen(&format!("post:{post_id}@{seen}"))
            .json(&comment)
            .send()
            .await
    }

    /// One's own comments on a post, newest first.
    ///
    /// # Errors
    /// If comments are away.
    pub async fn own_comments_on(&self, post: PostId) -> Result<Answer<Page<OwnComment>>, Trouble> {
        let post = post.to_string();
        let parameters = [("post", Some(post.as_str())), ("limit", Some(ON_ONE_POST))];
        self.get(Part::Comments, with_query("/api/comments/mine", &parameters))
            .send()
            .await
    }

    /// A page of one's own comments, newest first, perhaps only those with this status.
    ///
    /// # Errors
    /// If comments are away.
    pub async fn own_comments(
        &self,
        status: Option<&str>,
        after: Option<&str>,
    ) -> Result<Answer<Page<OwnComment>>, Trouble> {
        let parameters = [("status", status), ("cursor", after), ("limit", Some(PAGE))];
        self.get(Part::Comments, with_query("/api/comments/mine", &parameters))
            .send()
            .await
    }

    /// A comment as its author and moderators see it; `None` if it is shown as readers see it.
    ///
    /// # Errors
    /// If comments are away, or there is no such comment for this person.
    pub async fn whole_comment(&self, id: CommentId) -> Result<Option<OwnComment>, Trouble> {
        let path = format!("/api/comments/{id}");
        let comment: Answer<Shown> = self.get(Part::Comments, path).send().await?;
        Ok(match comment.value {
            Shown::Whole(comment) => Some(*comment),
            Shown::ToReaders {} => None,
        })
    }

    /// Gives one's own comment another text, if it is still at `version`.
    ///
    /// # Errors
    /// If comments are away, the text is refused, or the comment has changed.
    pub async fn edit_comment(
        &self,
        id: CommentId,
        version: u64,
        body: &str,
    ) -> Result<Answer<OwnComment>, Trouble> {
        let call = self.patch(Part::Comments, format!("/api/comments/{id}"));
        call.if_match(version).json(&Text { body }).send().await
    }

    /// Deletes one's own comment, if it is still at `version`.
    ///
    /// # Errors
    /// If comments are away, or the comment has changed.
    pub async fn delete_comment(&self, id: CommentId, version: u64) -> Result<(), Trouble> {
        let call = self.delete(Part::Comments, format!("/api/comments/{id}"));
        call.if_match(version).send_empty().await
    }
}
