//! What is due: planned publications, and removing the remains of deleted posts.

use std::time::Duration;

use common::{
    error::chain,
    event::Timestamp,
    ids::{PostId, UserId},
};
use futures::{StreamExt as _, stream};
use runtime::store::{Cause, StoreError};

use super::{Commands, Current, Result, STEP};
use crate::{
    domain::{
        moderation,
        post::{self, Post, Status},
    },
    store::{Due, SERVICE},
};

/// How many posts are published at the same time.
const AT_ONCE: usize = 8;

impl Commands {
    /// Publishes every post whose time has come by `now`, and answers when the next is due, if that is within
    /// `horizon`. Many replicas may do so at once: the version guards that each post is published once.
    ///
    /// # Errors
    /// If the database is away. A post that cannot be published stays, is logged, and holds up no other.
    pub async fn publish_due(
        &self,
        now: Timestamp,
        horizon: Duration,
    ) -> std::result::Result<Option<Timestamp>, StoreError> {
        let until = now.plus(horizon);
        let mut last: Option<Due> = None;
        loop {
            let page = self.posts.due(until, last.as_ref(), STEP).await?;
            let ahead = page.iter().find(|due| due.publish_at > now);
            let ahead = ahead.map(|due| due.publish_at);
            let due = page.iter().filter(|due| due.publish_at <= now);
            stream::iter(due)
                .for_each_concurrent(AT_ONCE, |due| self.publish_planned(due))
                .await;
            if ahead.is_some() || page.len() < STEP as usize {
                return Ok(ahead);
            }
            last = page.into_iter().next_back();
        }
    }

    async fn publish_planned(&self, due: &Due) {
        let Ok(id) = due.id.parse::<PostId>() else {
            return tracing::error!(post = due.id, "a planned post has no id of a post");
        };
        match self.publish_if_permitted(id).await {
            Ok(post) if post.state.status == Status::Published => {
                let late = Timestamp::now().since(due.publish_at);
                metrics::histogram!("posts_publication_delay_seconds").record(late.as_secs_f64());
                tracing::info!(post = due.id, late_ms = late.as_millis(), "published as planned");
            }
            // Changed, planned anew or deleted in between, or held back by a verdict.
            Ok(_) => {}
            Err(error) => {
                tracing::error!(
                    post = due.id,
                    error = chain(&error),
                    "a planned post cannot be published"
                );
            }
        }
    }

    async fn publish_if_permitted(&self, id: PostId) -> Result<Current<Post>> {
        let cause = Cause::service(SERVICE, format!("schedule-{id}"));
        let verdict = self.posts.verdict(id).await?;
        let published = self.change(id, &cause, |prior, at| {
            let decision = post::publish_due(&prior.state, at);
            Ok(moderation::hold_back(decision, verdict.as_ref()))
        });
        let post = published.await?;
        // A verdict may have come between the look and the commit.
        Ok(self.enforce_verdict(post, &cause).await?.post)
    }

    /// Removes what requests that raced with a deletion may have left of deleted posts.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn purge_deleted(&self, now: Timestamp) -> std::result::Result<(), StoreError> {
        loop {
            let ids = self.posts.to_purge(now, STEP).await?;
            if ids.is_empty() {
                return Ok(());
            }
            self.revisions.remove(&ids).await?;
            self.posts.mark_purged(&ids).await?;
        }
    }

    /// Deletes all posts of `user` and takes back all their reactions. It may be interrupted and repeated: what is
    /// done already is not found again.
    pub async fn delete_all_of(&self, user: UserId, cause: &Cause) -> Result<()> {
        loop {
            let posts = self.posts.any_by(user, STEP).await?;
            if posts.is_empty() {
                break;
            }
            for id in posts {
                self.delete(id, user, None, cause).await?;
            }
        }
        self.remove_all_reactions(user, cause).await
    }
}
