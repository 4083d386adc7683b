//! Doing to posts what was decided about them.

use common::{
    event::{Outcome, VerdictState},
    ids::PostId,
};
use runtime::store::{Cause, StoreError};

use super::{Commands, Current, PostWithVerdict, Result};
use crate::domain::{
    moderation::{self, Verdict},
    post::{Post, Status},
};

impl Commands {
    /// Notes what was decided about a post, and takes the post down or puts it up accordingly. About one that is
    /// not known there is nothing to do.
    pub async fn apply_verdict(
        &self,
        id: PostId,
        state: &VerdictState,
        version: u64,
        cause: &Cause,
    ) -> Result<()> {
        let post = match self.posts.load(id).await {
            Err(StoreError::NotFound { .. }) => return Ok(()),
            post => post?,
        };
        if post.state.status == Status::Deleted || state.outcome == Outcome::Unknown {
            return Ok(());
        }
        let verdict = Verdict::new(state, version, &post.state);
        self.posts.store_verdict(id, &verdict).await?;
        // Loaded again, after the verdict was noted: either this sees the text public, or whoever publishes it sees
        // the verdict.
        let post = self.posts.load(id).await?;
        self.enforce_verdict(post.into(), cause).await.map(drop)
    }

    /// `post` as it is when the newest verdict on it is obeyed. Of verdicts that come at once the newest is obeyed
    /// last, whoever notes it.
    pub(super) async fn enforce_verdict(
        &self,
        mut post: Current<Post>,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        loop {
            let verdict = self.posts.verdict(post.state.id).await?;
            let Some(open) = verdict
                .as_ref()
                .filter(|verdict| verdict.needs_enforcement(&post.state))
            else {
                return Ok(PostWithVerdict { post, verdict });
            };
            post = self
                .change(post.state.id, cause, |prior, at| {
                    Ok(moderation::enforce(&prior.state, open, at))
                })
                .await?;
        }
    }

    /// `post` with the newest verdict on it.
    pub(super) async fn with_verdict(&self, post: Current<Post>) -> Result<PostWithVerdict> {
        let verdict = self.posts.verdict(post.state.id).await?;
        Ok(PostWithVerdict { post, verdict })
    }
}
