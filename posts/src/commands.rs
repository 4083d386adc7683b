//! Load, decide, commit: everything that this service does, for whoever asks.

mod moderation;
mod posts;
mod publishing;
mod reactions;
mod reading;

use common::consistency::ConsistencyToken;
use runtime::store::{Aggregate, CommandError, Storage, StoreError, Stored};

use crate::{
    config::PostsSettings,
    domain::{
        moderation::Verdict,
        post::{Post, PostError},
    },
    store::{PostStore, ReactionStore, RevisionStore},
};

/// How often a decision is made anew after losing a race.
const ATTEMPTS: usize = 16;
/// How many aggregates are handled in one step of a larger work.
const STEP: u32 = 50;

/// What a command answers.
pub type Result<T> = std::result::Result<T, CommandError<PostError>>;

/// An aggregate after a command.
#[derive(Debug, Clone)]
pub struct Current<A> {
    pub version: u64,
    /// With which a reader waits for this version.
    pub token: ConsistencyToken,
    pub state: A,
}

impl<A: Aggregate> From<Stored<A>> for Current<A> {
    fn from(stored: Stored<A>) -> Self {
        Self {
            version: stored.version,
            token: stored.token(),
            state: stored.state,
        }
    }
}

/// A post after a command, and what was decided about it.
#[derive(Debug, Clone)]
pub struct PostWithVerdict {
    pub post: Current<Post>,
    /// The newest verdict, whichever text of the post it is about.
    pub verdict: Option<Verdict>,
}

impl PostWithVerdict {
    /// What was decided about the present text, once that is done.
    pub fn current_verdict(&self) -> Option<&Verdict> {
        let post = &self.post.state;
        let done =
            |verdict: &&Verdict| verdict.applies_to(post) && verdict.is_enforced(post.status, post.held_back);
        self.verdict.as_ref().filter(done)
    }
}

/// The commands, on this service's collections; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    pub(crate) posts: PostStore,
    pub(crate) reactions: ReactionStore,
    revisions: RevisionStore,
    revisions_kept: u64,
}

impl Commands {
    /// The commands on `database`, whose events `relay` publishes.
    pub fn new(storage: &Storage, settings: &PostsSettings) -> Self {
        Self {
            posts: PostStore::new(storage),
            reactions: ReactionStore::new(storage),
            revisions: RevisionStore::new(storage.database()),
            revisions_kept: settings.revisions_kept,
        }
    }

    /// Makes the indexes, some of which refuse what a race would otherwise let through.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn prepare(&self) -> std::result::Result<(), StoreError> {
        self.posts.ensure_indexes().await?;
        self.reactions.ensure_indexes().await?;
        self.revisions.ensure_indexes().await
    }
}
