//! Reading own posts. Readers read from `query`.

use common::{
    api::posts::{OwnPostsParams, PostSummary, RevisionEntry, RevisionText},
    event::Timestamp,
    ids::{PostId, UserId},
};
use runtime::store::{CommandError, Stored};

use super::{Commands, PostWithVerdict, Result};
use crate::domain::post::{Post, PostError};

impl Commands {
    /// A post of `user` with its source and its verdict.
    pub async fn source(&self, id: PostId, user: UserId) -> Result<PostWithVerdict> {
        let post = self.own(id, user).await?;
        self.with_verdict(post).await
    }

    async fn own(&self, id: PostId, user: UserId) -> Result<Stored<Post>> {
        let post = self.posts.load(id).await?;
        post.state.accessible_to(user).map_err(CommandError::Domain)?;
        Ok(post)
    }

    /// At most `limit` posts of `user` after `after`, last changed first.
    pub async fn own_posts(
        &self,
        user: UserId,
        filter: &OwnPostsParams,
        after: Option<&(Timestamp, PostId)>,
        limit: u32,
    ) -> Result<Vec<PostSummary>> {
        Ok(self.posts.by_author(user, filter, after, limit).await?)
    }

    /// At most `limit` revisions of a post of `user`, newest first: the current one and the kept ones, or those before
    /// version `before`.
    pub async fn revisions(
        &self,
        id: PostId,
        user: UserId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RevisionEntry>> {
        let current = self.own(id, user).await?.state;
        let before_version = before.map_or(current.text_version, |before| before.min(current.text_version));
        let mut revisions = self.revisions.older(id, before_version, limit).await?;
        if before.is_none() {
            let newest = RevisionEntry {
                version: current.text_version,
                created_at: current.text_at,
                bytes: current.text.body.len() as u64,
                title: current.text.title,
            };
            revisions.insert(0, newest);
            revisions.truncate(limit as usize);
        }
        Ok(revisions)
    }

    /// The text that `version` of a post of `user` introduced.
    pub async fn revision(&self, id: PostId, user: UserId, version: u64) -> Result<RevisionText> {
        let current = self.own(id, user).await?.state;
        if version == current.text_version {
            return Ok(RevisionText {
                version,
                created_at: current.text_at,
                title: current.text.title,
                body: current.text.body,
                summary: current.text.summary,
            });
        }
        let found = match version < current.text_version {
            true => self.revisions.find(id, version).await?,
            false => None,
        };
        found.ok_or(CommandError::Domain(PostError::RevisionNotFound))
    }
}
