//! Creating, changing and deleting posts.

use common::{
    api::posts::{CreatePostRequest, UpdatePostRequest},
    error::chain,
    event::{PostFact, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Attempts, Cause, CommandError, StoreError, Stored};

use super::{Commands, PostWithVerdict, Result};
use crate::{
    domain::{
        moderation,
        post::{self, DecisionContext, Post, PostError, SLUG_ATTEMPTS, Status},
    },
    store::SLUGS,
};

impl Commands {
    /// Creates a post of `author`. With an idempotency key a repeated request finds the first result, even if it would
    /// be refused by now.
    pub async fn create(
        &self,
        author: UserId,
        key: Option<&str>,
        request: &CreatePostRequest,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        let id = key.map_or_else(PostId::generate, |key| PostId::from_idempotency_key(author, key));
        let idempotent = key.map(|_| request);
        let mut slug_attempt = 0;
        let post = loop {
            let (post, fact) = match post::create(request, id, author, context(1, slug_attempt)) {
                Ok(decision) => decision,
                Err(refusal) => break self.repeated(id, idempotent, refusal).await?,
            };
            match self.posts.create(post, fact, idempotent, cause).await {
                Err(error) if slug_taken(&error, slug_attempt) => slug_attempt += 1,
                created => break created?.into_stored(),
            }
        };
        self.with_verdict(reject_deleted(post)?).await
    }

    /// The result of an earlier, equal request, or else the refusal.
    async fn repeated(
        &self,
        id: PostId,
        request: Option<&CreatePostRequest>,
        refusal: PostError,
    ) -> Result<Stored<Post>> {
        let first = match request {
            Some(request) => self.posts.repeated(id, request).await?,
            None => None,
        };
        first.ok_or(CommandError::Domain(refusal))
    }

    /// Changes a post of `user`. A text that moderation forbids is not published.
    pub async fn update(
        &self,
        id: PostId,
        user: UserId,
        if_match: Option<u64>,
        request: &UpdatePostRequest,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        let verdict = self.posts.verdict(id).await?;
        let updated = self.change(id, cause, |prior, at| {
            prior.state.accessible_to(user).map_err(CommandError::Domain)?;
            check_version(prior, if_match)?;
            post::update(&prior.state, user, request.clone(), at)
                .and_then(|decision| moderation::check_publication(decision, verdict.as_ref()))
                .map_err(CommandError::Domain)
        });
        let post = updated.await?;
        // A verdict may have been stored between the read and the commit.
        self.enforce_verdict(post, cause).await
    }

    /// Deletes a post of `user`. A deleted post stays deleted, whatever `if_match` says.
    pub async fn delete(
        &self,
        id: PostId,
        user: UserId,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Stored<Post>> {
        self.change(id, cause, |prior, at| {
            let decision = post::delete(&prior.state, user, at.now).map_err(CommandError::Domain)?;
            if decision.is_some() {
                check_version(prior, if_match)?;
            }
            Ok(decision)
        })
        .await
    }

    /// Loads, decides, archives the text to be replaced, and commits; decides again after a concurrent change and while
    /// the slug is taken.
    pub(super) async fn change(
        &self,
        id: PostId,
        cause: &Cause,
        decide: impl Fn(&Stored<Post>, DecisionContext) -> Result<Option<(Post, PostFact)>>,
    ) -> Result<Stored<Post>> {
        let (mut attempts, mut slug_attempt) = (Attempts::default(), 0);
        let mut archived = false;
        loop {
            let prior = self.posts.load(id).await?;
            if archived && prior.state.status == Status::Deleted {
                // The text archived by the lost attempt would outlive the post.
                self.revisions.remove(std::slice::from_ref(&prior.id)).await?;
            }
            let Some((next, fact)) = decide(&prior, context(prior.version + 1, slug_attempt))? else {
                return Ok(prior);
            };
            let deletes = next.status == Status::Deleted;
            let replaces_text = !deletes && next.text_version != prior.state.text_version;
            if replaces_text {
                self.revisions.archive(&prior).await?;
                archived = true;
            }
            match self.posts.commit(&prior, next, fact, cause).await {
                Err(error) if slug_taken(&error, slug_attempt) => slug_attempt += 1,
                Err(error) => attempts.retry(error).await?,
                Ok(stored) => {
                    if deletes || replaces_text {
                        self.trim_revisions(&stored).await;
                    }
                    return Ok(stored);
                }
            }
        }
    }

    /// Removes surplus revisions, or all of a deleted post. If that fails, the next update or the sweep does it.
    async fn trim_revisions(&self, post: &Stored<Post>) {
        let result = match post.state.status {
            Status::Deleted => self.revisions.remove(std::slice::from_ref(&post.id)).await,
            Status::Draft | Status::Published => self.revisions.trim(&post.id, self.revisions_kept).await,
        };
        if let Err(error) = result {
            tracing::warn!(
                post = post.id,
                error = chain(&error),
                "surplus revisions are removed later"
            );
        }
    }
}

fn context(version: u64, slug_attempt: u32) -> DecisionContext {
    DecisionContext {
        now: Timestamp::now(),
        version,
        slug_attempt,
    }
}

fn check_version(prior: &Stored<Post>, if_match: Option<u64>) -> std::result::Result<(), StoreError> {
    let current = prior.version;
    match if_match {
        Some(expected) if expected != current => Err(StoreError::VersionMismatch { current }),
        _ => Ok(()),
    }
}

/// Whether to try another spelling of the slug.
fn slug_taken(error: &StoreError, attempt: u32) -> bool {
    matches!(error, StoreError::Duplicate { index } if index == SLUGS) && attempt + 1 < SLUG_ATTEMPTS
}

/// A repeated request may find a post that was deleted since.
fn reject_deleted(post: Stored<Post>) -> Result<Stored<Post>> {
    match post.state.status {
        Status::Deleted => Err(CommandError::Domain(PostError::Deleted)),
        Status::Draft | Status::Published => Ok(post),
    }
}
