//! Scheduled publications, and the removal of what remains of deleted posts.

mod postponed;

use std::time::Duration;

use common::{error::chain, event::Timestamp, ids::PostId};
use futures::{StreamExt as _, stream};
use runtime::store::{Cause, StoreError, Stored};

use super::{BATCH, Commands, Result};
use crate::{
    NAME,
    domain::{
        moderation,
        post::{self, Post, Status},
    },
    store::Due,
};

pub(super) use postponed::Postponed;

/// How many posts are published at the same time.
const AT_ONCE: usize = 8;

impl Commands {
    /// Publishes every post that is due at `now`, and returns when the next one is due, if that is within `horizon`.
    /// Several replicas may do so at the same time: the version check publishes each post once.
    ///
    /// # Errors
    /// If the database is unavailable. A post that cannot be published is logged, and does not delay others.
    pub async fn publish_due(
        &self,
        now: Timestamp,
        horizon: Duration,
    ) -> std::result::Result<Option<Timestamp>, StoreError> {
        let until = now.plus(horizon);
        let mut last: Option<Due> = None;
        loop {
            let page = self.posts.due(until, last.as_ref(), BATCH).await?;
            let upcoming = page.iter().find(|due| due.publish_at > now);
            let upcoming = upcoming.map(|due| due.publish_at);
            let due = page.iter().filter(|due| due.publish_at <= now);
            stream::iter(due)
                .for_each_concurrent(AT_ONCE, |due| self.publish_scheduled(due))
                .await;
            if upcoming.is_some() || page.len() < BATCH as usize {
                return Ok(upcoming);
            }
            last = page.into_iter().next_back();
        }
    }

    async fn publish_scheduled(&self, due: &Due) {
        let Ok(id) = due.id.parse::<PostId>() else {
            return tracing::error!(post = due.id, "the id of a scheduled post is invalid");
        };
        if self.postponed.contains(&due.id) {
            return;
        }
        let published = self.publish_if_permitted(id).await;
        if published.is_ok() {
            self.postponed.remove(&due.id);
        }
        match published {
            Ok(post) if post.state.status == Status::Published => {
                let late = Timestamp::now().since(due.publish_at);
                metrics::histogram!("posts_publication_delay_seconds").record(late.as_secs_f64());
                tracing::info!(
                    post = due.id,
                    late_ms = late.as_millis(),
                    "published a scheduled post"
                );
            }
            // Changed, rescheduled, deleted or held back by a verdict in between.
            Ok(_) => {}
            Err(error) => {
                tracing::error!(
                    post = due.id,
                    retry_s = self.postponed.postpone(&due.id).as_secs(),
                    error = chain(&error),
                    "a scheduled post cannot be published"
                );
            }
        }
    }

    async fn publish_if_permitted(&self, id: PostId) -> Result<Stored<Post>> {
        let cause = Cause::service(NAME, format!("schedule-{id}"));
        let verdict = self.posts.verdict(id).await?;
        let published = self.change(id, &cause, |prior, at| {
            let decision = post::publish_due(&prior.state, at);
            Ok(moderation::hold_back(decision, verdict.as_ref()))
        });
        let post = published.await?;
        // A verdict may have been stored between the read and the commit.
        Ok(self.enforce_verdict(post, &cause).await?.post)
    }

    /// Removes the revisions that requests concurrent with a deletion may have left.
    pub async fn purge_deleted(&self, now: Timestamp) -> std::result::Result<(), StoreError> {
        loop {
            let ids = self.posts.to_purge(now, BATCH).await?;
            if ids.is_empty() {
                return Ok(());
            }
            self.revisions.remove(&ids).await?;
            self.posts.mark_purged(&ids).await?;
        }
    }
}
