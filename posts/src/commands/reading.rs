//! Reading own posts. Readers read from `query`.

use common::{
    api::posts::PostList,
    event::Timestamp,
    ids::{PostId, UserId},
};
use runtime::store::{CommandError, Stored};

use super::{Commands, PostWithVerdict, Result};
use crate::domain::{
    listing::{Listed, Revision, RevisionHead},
    post::{Post, PostError},
};

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
        list: Option<PostList>,
        after: Option<&(Timestamp, PostId)>,
        limit: u32,
    ) -> Result<Vec<Listed>> {
        Ok(self.posts.by_author(user, list, after, limit).await?)
    }

    /// At most `limit` revisions of a post of `user`, newest first: the current one and the kept ones, or those before
    /// version `before`.
    pub async fn revisions(
        &self,
        id: PostId,
        user: UserId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RevisionHead>> {
        let current = Revision::current(&self.own(id, user).await?.state);
        let Some(before) = before else {
            let older = self.revisions.older(id, current.version, limit).await?;
            let newest = RevisionHead {
                version: current.version,
                at: current.at,
                bytes: current.text.body.len() as u64,
                title: current.text.title,
            };
            return Ok([newest].into_iter().chain(older).take(limit as usize).collect());
        };
        let before = before.min(current.version);
        Ok(self.revisions.older(id, before, limit).await?)
    }

    /// The text that `version` of a post of `user` introduced.
    pub async fn revision(&self, id: PostId, user: UserId, version: u64) -> Result<Revision> {
        let current = Revision::current(&self.own(id, user).await?.state);
        if version == current.version {
            return Ok(current);
        }
        let found = match version < current.version {
            true => self.revisions.find(id, version).await?,
            false => None,
        };
        found.ok_or(CommandError::Domain(PostError::RevisionNotFound))
    }
}
