//! Creating, changing and deleting posts.

use common::{
    api::posts::{CreatePostRequest, UpdatePostRequest},
    error::chain,
    event::{PostFact, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Cause, CommandError, Created, StoreError, Stored};

use super::{ATTEMPTS, Commands, Current, PostWithVerdict, Result};
use crate::{
    domain::{
        moderation,
        post::{self, DecisionContext, Post, PostError, SLUG_ATTEMPTS, Status},
    },
    store::SLUGS,
};

impl Commands {
    /// Creates a post of `author`. With an idempotency key the same request again finds the first result, even if
    /// it would be refused by now.
    pub async fn create(
        &self,
        author: UserId,
        key: Option<&str>,
        new: &CreatePostRequest,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        let post = self.created(author, key, new, cause).await?;
        self.with_verdict(post).await
    }

    async fn created(
        &self,
        author: UserId,
        key: Option<&str>,
        new: &CreatePostRequest,
        cause: &Cause,
    ) -> Result<Current<Post>> {
        let id = key.map_or_else(PostId::generate, |key| PostId::from_idempotency_key(author, key));
        let request = key.map(|_| new);
        let mut slug_attempt = 0;
        loop {
            let at = context(1, slug_attempt);
            let (post, fact) = match post::create(new, id, author, at) {
                Ok(decided) => decided,
                Err(refusal) => return self.repeated(id, request, refusal).await,
            };
            match self.posts.create(post, fact, request, cause).await {
                Err(error) if slug_taken(&error, slug_attempt) => slug_attempt += 1,
                result => return reject_deleted(result?),
            }
        }
    }

    /// What an earlier, equal request made, or else the refusal.
    async fn repeated(
        &self,
        id: PostId,
        request: Option<&CreatePostRequest>,
        refusal: PostError,
    ) -> Result<Current<Post>> {
        let first = match request {
            Some(request) => self.posts.repeated(id, request).await?,
            None => None,
        };
        match first {
            Some(stored) => reject_deleted(Created::Existing(stored)),
            None => Err(CommandError::Domain(refusal)),
        }
    }

    /// Changes a post of `user`. What moderation forbids is not published.
    pub async fn update(
        &self,
        id: PostId,
        user: UserId,
        if_match: Option<u64>,
        edit: &UpdatePostRequest,
        cause: &Cause,
    ) -> Result<PostWithVerdict> {
        let verdict = self.posts.verdict(id).await?;
        let edited = self.change(id, cause, |prior, at| {
            prior.state.accessible_to(user).map_err(CommandError::Domain)?;
            precondition(prior, if_match)?;
            post::update(&prior.state, user, edit.clone(), at)
                .and_then(|decision| moderation::check_publication(decision, verdict.as_ref()))
                .map_err(CommandError::Domain)
        });
        let post = edited.await?;
        // A verdict may have come between the look and the commit.
        self.enforce_verdict(post, cause).await
    }

    /// Deletes a post of `user`; one that is deleted already stays so, whatever version was meant.
    pub async fn delete(
        &self,
        id: PostId,
        user: UserId,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Current<Post>> {
        self.change(id, cause, |prior, at| {
            let decision = post::delete(&prior.state, user, at.now).map_err(CommandError::Domain)?;
            if decision.is_some() {
                precondition(prior, if_match)?;
            }
            Ok(decision)
        })
        .await
    }

    /// Loads, decides, archives the text that is to be replaced, commits; decides anew if somebody else was
    /// faster or has the slug.
    pub(super) async fn change(
        &self,
        id: PostId,
        cause: &Cause,
        decide: impl Fn(&Stored<Post>, DecisionContext) -> Result<Option<(Post, PostFact)>>,
    ) -> Result<Current<Post>> {
        let (mut attempt, mut slug_attempt) = (0, 0);
        loop {
            let prior = self.posts.load(id).await?;
            if attempt > 0 && prior.state.status == Status::Deleted {
                // What was archived in between would outlive the post.
                self.revisions.remove(std::slice::from_ref(&prior.id)).await?;
            }
            let Some((next, fact)) = decide(&prior, context(prior.version + 1, slug_attempt))? else {
                return Ok(prior.into());
            };
            let deleted = next.status == Status::Deleted;
            let replaces_text = !deleted && next.text_version != prior.state.text_version;
            if replaces_text {
                self.revisions.archive(&prior).await?;
            }
            match self.posts.commit(&prior, next, fact, cause).await {
                Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(error) if slug_taken(&error, slug_attempt) => slug_attempt += 1,
                Err(error) => return Err(error.into()),
                Ok(stored) => {
                    if deleted || replaces_text {
                        self.tidy(&stored).await;
                    }
                    return Ok(stored.into());
                }
            }
        }
    }

    /// Removes revisions that are too many, or all of a deleted post. If that fails, the next edit or the sweep
    /// does it.
    async fn tidy(&self, post: &Stored<Post>) {
        let result = match post.state.status {
            Status::Deleted => self.revisions.remove(std::slice::from_ref(&post.id)).await,
            Status::Draft | Status::Published => self.revisions.trim(&post.id, self.revisions_kept).await,
        };
        if let Err(error) = result {
            tracing::warn!(
                post = post.id,
                error = chain(&error),
                "revisions are left for later"
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

fn precondition(prior: &Stored<Post>, if_match: Option<u64>) -> std::result::Result<(), StoreError> {
    match if_match {
        Some(expected) if expected != prior.version => Err(StoreError::VersionMismatch {
            current: prior.version,
        }),
        _ => Ok(()),
    }
}

/// Whether another spelling of the slug is worth a try.
fn slug_taken(error: &StoreError, attempt: u32) -> bool {
    matches!(error, StoreError::Duplicate { index } if index == SLUGS) && attempt + 1 < SLUG_ATTEMPTS
}

/// A repetition may find what was deleted in the meantime.
fn reject_deleted(created: Created<Post>) -> Result<Current<Post>> {
    let stored = created.into_stored();
    if stored.state.status == Status::Deleted {
        return Err(CommandError::Domain(PostError::Deleted));
    }
    Ok(stored.into())
}
