//! The commands of the service: each loads, lets the domain decide, and commits.

mod moderation;
mod posts;
mod publishing;
mod reactions;
mod reading;
mod users;

use std::sync::Arc;

use runtime::store::{CommandError, Storage, StoreError, Stored};

use self::publishing::Postponed;
use crate::{
    config::PostsSettings,
    domain::{
        moderation::Verdict,
        post::{Post, PostError},
    },
    store::{PostStore, ReactionStore, RevisionStore},
};

/// The maximum number of aggregates read at a time.
const BATCH: u32 = 50;

/// The result of a command.
pub type Result<T> = std::result::Result<T, CommandError<PostError>>;

/// A post after a command, and its verdict.
#[derive(Debug, Clone)]
pub struct PostWithVerdict {
    pub post: Stored<Post>,
    /// The newest verdict, whichever text of the post it applies to.
    pub verdict: Option<Verdict>,
}

impl PostWithVerdict {
    /// The verdict on the current text, once the post complies with it.
    pub fn current_verdict(&self) -> Option<&Verdict> {
        let post = &self.post.state;
        let is_current =
            |verdict: &&Verdict| verdict.applies_to(post) && verdict.is_enforced(post.status, post.held_back);
        self.verdict.as_ref().filter(is_current)
    }
}

/// The commands on the service's collections; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    posts: PostStore,
    reactions: ReactionStore,
    revisions: RevisionStore,
    revisions_kept: u64,
    postponed: Arc<Postponed>,
}

impl Commands {
    /// The commands on the collections in `storage`.
    pub fn new(storage: &Storage, settings: &PostsSettings) -> Self {
        Self {
            posts: PostStore::new(storage),
            reactions: ReactionStore::new(storage),
            revisions: RevisionStore::new(storage),
            revisions_kept: settings.revisions_kept,
            postponed: Arc::default(),
        }
    }

    /// Creates the indexes of the collections without aggregates.
    pub async fn ensure_indexes(&self) -> std::result::Result<(), StoreError> {
        self.revisions.ensure_indexes().await
    }
}
