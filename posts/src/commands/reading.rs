//! Authors reading their own posts. Readers read from `query`.

use common::{
    api::posts::PostList,
    event::Timestamp,
    ids::{PostId, UserId},
};
use runtime::store::CommandError;

use super::{Commands, Current, PostWithVerdict, Result};
use crate::domain::{
    listing::{Listed, Revision, RevisionHead},
    post::{Post, PostError},
};

impl Commands {
    /// A post of `user` with its source and what was decided about it.
    pub async fn source(&self, id: PostId, user: UserId) -> Result<PostWithVerdict> {
        let post = self.own(id, user).await?;
        self.with_verdict(post).await
    }

    async fn own(&self, id: PostId, user: UserId) -> Result<Current<Post>> {
        let post = self.posts.load(id).await?;
        post.state.accessible_to(user).map_err(CommandError::Domain)?;
        Ok(post.into())
    }

    /// Posts of `user`, latest change first, at most `limit`, behind `after`.
    pub async fn own_posts(
        &self,
        user: UserId,
        shelf: Option<PostList>,
        after: Option<&(Timestamp, PostId)>,
        limit: u32,
    ) -> Result<Vec<Listed>> {
        Ok(self.posts.mine(user, shelf, after, limit).await?)
    }

    /// Revisions of a post of `user`, newest first, at most `limit`: the present one and those kept, or those
    /// before version `before`.
    pub async fn revisions(
        &self,
        id: PostId,
        user: UserId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RevisionHead>> {
        let present = self.own(id, user).await?.state.revision();
        let Some(before) = before else {
            let older = self.revisions.older(id, present.version, limit).await?;
            let newest = RevisionHead {
                version: present.version,
                at: present.at,
                bytes: present.text.body.len() as u64,
                title: present.text.title,
            };
            return Ok([newest].into_iter().chain(older).take(limit as usize).collect());
        };
        let before = before.min(present.version);
        Ok(self.revisions.older(id, before, limit).await?)
    }

    /// The text that `version` of a post of `user` brought.
    pub async fn revision(&self, id: PostId, user: UserId, version: u64) -> Result<Revision> {
        let present = self.own(id, user).await?.state.revision();
        if version == present.version {
            return Ok(present);
        }
        let found = match version < present.version {
            true => self.revisions.find(id, version).await?,
            false => None,
        };
        found.ok_or(CommandError::Domain(PostError::RevisionNotFound))
    }
}
