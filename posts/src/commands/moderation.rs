//! Doing to posts what was decided about them.

use common::{
    event::{Outcome, VerdictState},
    ids::PostId,
};
use runtime::store::{Cause, StoreError};

use super::{Commands, Current, Judged, Result};
use crate::domain::{
    moderation::{self, Verdict},
    post::{Post, Status},
};

impl Commands {
    /// Notes what was decided about a post, and takes the post down or puts it up accordingly. About one that is
    /// not known there is nothing to do.
    pub async fn judge(&self, id: PostId, state: &VerdictState, version: u64, cause: &Cause) -> Result<()> {
        let post = match self.posts.load(id).await {
            Err(StoreError::NotFound { .. }) => return Ok(()),
            post => post?,
        };
        if post.state.status == Status::Deleted || state.outcome == Outcome::Unknown {
            return Ok(());
        }
        let verdict = Verdict::new(state, version, &post.state);
        self.posts.note(id, &verdict).await?;
        // Loaded again, after the verdict was noted: either this sees the text public, or whoever publishes it sees
        // the verdict.
        let post = self.posts.load(id).await?;
        self.settled(post.into(), cause).await.map(drop)
    }

    /// `post` as it is when the newest verdict on it is obeyed. Of verdicts that come at once the newest is obeyed
    /// last, whoever notes it.
    pub(super) async fn settled(&self, mut post: Current<Post>, cause: &Cause) -> Result<Judged> {
        loop {
            let verdict = self.posts.verdict(post.state.id).await?;
            let Some(open) = verdict.as_ref().filter(|verdict| verdict.is_open(&post.state)) else {
                return Ok(Judged { post, verdict });
            };
            post = self
                .change(post.state.id, cause, |prior, at| {
                    Ok(moderation::enforce(&prior.state, open, at))
                })
                .await?;
        }
    }

    /// `post` with the newest verdict on it.
    pub(super) async fn judged(&self, post: Current<Post>) -> Result<Judged> {
        let verdict = self.posts.verdict(post.state.id).await?;
        Ok(Judged { post, verdict })
    }
}
