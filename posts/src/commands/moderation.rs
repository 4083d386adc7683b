//! Applying verdicts to posts.

use common::{
    event::{Outcome, VerdictState},
    ids::PostId,
};
use runtime::store::{Cause, StoreError, Stored};

use super::{Commands, PostWithVerdict, Result};
use crate::domain::{
    moderation::{self, Verdict},
    post::{Post, Status},
};

impl Commands {
    /// Stores a verdict on a post, and unpublishes or republishes the post accordingly. Ignores verdicts on unknown
    /// posts.
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
        // Loaded again after the verdict was stored: either this sees the published text, or the command that publishes
        // it sees the verdict.
        let post = self.posts.load(id).await?;
        self.enforce_verdict(post, cause).await.map(drop)
    }

    /// Changes `post` until it complies with the newest verdict. Of concurrent verdicts the newest one prevails,
    /// whichever replica stores it.
    pub(super) async fn enforce_verdict(
        &self,
        mut post: Stored<Post>,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        loop {
            let verdict = self.posts.verdict(post.state.id).await?;
            let Some(pending) = verdict
                .as_ref()
                .filter(|verdict| verdict.needs_enforcement(&post.state))
            else {
                return Ok(PostWithVerdict { post, verdict });
            };
            post = self
                .change(post.state.id, cause, |prior, at| {
                    Ok(moderation::enforce(&prior.state, pending, at))
                })
                .await?;
        }
    }

    /// `post` with the newest verdict on it.
    pub(super) async fn with_verdict(&self, post: Stored<Post>) -> Result<PostWithVerdict> {
        let verdict = self.posts.verdict(post.state.id).await?;
        Ok(PostWithVerdict { post, verdict })
    }
}
