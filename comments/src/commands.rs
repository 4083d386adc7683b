//! What can be asked of comments: load, decide, commit.

use std::{convert::Infallible, time::Duration};

use common::{
    event::{CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::store::{
    AggregateStore, Cause, Change, CommandError, NewAggregate, Storage, StoreError, Stored,
};
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    arrivals::Arrivals,
    domain::{
        self, Comment, CommentError, Decision, Person, PostReplica, Review, Text, Verdict,
        comment::{self, Proposal},
        verdict,
    },
    store::{Comments, Departed, Mine, Posts, aggregates},
};

/// How long a comment waits for a post that its author has seen and this service has not.
pub const POST_PATIENCE: Duration = Duration::from_secs(2);
/// How often a waiting comment looks by itself, since another replica of the service may have got the event.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Comments of one author that are read, and then changed, at a time.
const PAGE: i64 = 100;
/// Changes of a page at the same time.
const CONCURRENCY: usize = 8;

/// What a person asks to be posted. Hashed, it tells a retry from another request.
#[derive(Debug, Clone, Serialize)]
pub struct NewComment {
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub body: String,
}

/// What a person asks to be posted, and how.
#[derive(Debug, Clone)]
pub struct Posting {
    pub comment: NewComment,
    /// The client's name for the request, by which a retry finds the first result.
    pub idempotency_key: Option<String>,
    /// The version of the post that the client has seen, if it says.
    pub post_version: Option<u64>,
}

/// Which of their own comments a person asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chosen {
    /// Only those on this post.
    pub post_id: Option<PostId>,
    /// Only those in this status; otherwise all but the deleted ones.
    pub status: Option<CommentStatus>,
}

/// The commands and own lists; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    store: AggregateStore<Comment>,
    comments: Comments,
    posts: Posts,
    departed: Departed,
    arrivals: Arrivals,
    review: Review,
}

type Outcome = Result<Stored<Comment>, CommandError<CommentError>>;

impl Commands {
    /// Commands on what is in `database`, whose events `relay` publishes; `review` says what becomes of new texts.
    pub fn new(storage: &Storage, review: Review) -> Self {
        let store = aggregates(storage);
        Self {
            comments: Comments::new(store.clone()),
            store,
            posts: Posts::new(storage.database()),
            departed: Departed::new(storage.database()),
            arrivals: Arrivals::new(),
            review,
        }
    }

    /// Makes the indexes.
    pub async fn set_up(&self) -> Result<(), StoreError> {
        self.comments.ensure_indexes().await
    }

    /// Posts a comment. A post that the client has seen and this service has not is waited for.
    pub async fn create(&self, author: Person, posting: Posting, cause: &Cause) -> Outcome {
        let Posting {
            comment: request,
            idempotency_key: key,
            post_version,
        } = posting;
        let text = Text::parse(&request.body).map_err(CommandError::Domain)?;
        let id = key.as_ref().map_or_else(CommentId::generate, |key| {
            CommentId::from_idempotency_key(author.id, key)
        });
        let proposal = Proposal {
            id,
            post_id: request.post_id,
            parent_id: request.parent_id,
            author_id: author.id,
            text,
        };
        let repeated = key.is_some() && self.store.find(&id.to_string()).await?.is_some();
        let admitted = if repeated {
            // What has become of the post since the first time does not matter.
            comment::begin(proposal, self.review, Timestamp::now())
        } else {
            self.admit(proposal, post_version).await?
        };
        let (state, fact) = admitted;
        let new = NewAggregate::new(state, fact).with_request(key.map(|_| &request));
        let created = self.store.create(new, cause).await?.into_stored();
        // Asked after the commit: either this sees that the author left, or whoever noted that sees the comment.
        if self.departed.contains(author.id).await? {
            return Ok(self.take_name_off(id, cause).await?);
        }
        Ok(created)
    }

    async fn admit(
        &self,
        proposal: Proposal,
        post_version: Option<u64>,
    ) -> Result<Decision, CommandError<CommentError>> {
        let post = self.post(proposal.post_id, post_version).await?;
        let parent = match proposal.parent_id {
            Some(id) => self.store.find(&id.to_string()).await?.map(|parent| parent.state),
            None => None,
        };
        domain::post::takes_comments(post.as_ref())
            .and_then(|()| comment::create(proposal, parent.as_ref(), self.review, Timestamp::now()))
            .map_err(CommandError::Domain)
    }

    /// What is known of the post, once that is at least `version` or the patience is over.
    async fn post(&self, id: PostId, version: Option<u64>) -> Result<Option<PostReplica>, StoreError> {
        let deadline = Instant::now() + POST_PATIENCE;
        // Before the first look, so that nothing comes unseen between a look and the wait after it.
        let mut arrival = self.arrivals.of(id);
        loop {
            let known = self.posts.find(id).await?;
            let version_known = known.as_ref().map_or(0, |post| post.version);
            let left = deadline.saturating_duration_since(Instant::now());
            if version_known >= version.unwrap_or(0) || left.is_zero() {
                return Ok(known);
            }
            arrival.within(left.min(LOOK_INTERVAL)).await;
        }
    }

    /// A comment, if `person` may know of it.
    pub async fn get(&self, id: CommentId, person: Option<Person>) -> Outcome {
        let stored = self.store.load(&id.to_string()).await?;
        stored.state.is_known_to(person).map_err(CommandError::Domain)?;
        Ok(stored)
    }

    /// A part of an author's own list.
    pub async fn mine(
        &self,
        author_id: UserId,
        chosen: Chosen,
        after: Option<(Timestamp, CommentId)>,
        limit: u32,
    ) -> Result<Vec<Stored<Comment>>, StoreError> {
        self.comments
            .mine(Mine {
                author_id,
                post_id: chosen.post_id,
                status: chosen.status,
                after,
                limit,
            })
            .await
    }

    /// Gives a comment another text.
    pub async fn edit(
        &self,
        id: CommentId,
        body: &str,
        editor: Person,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Outcome {
        let text = Text::parse(body).map_err(CommandError::Domain)?;
        self.update(id, if_match, cause, |comment| {
            comment::edit(comment, text.clone(), editor, self.review, Timestamp::now())
        })
        .await
    }

    /// Takes a comment's text away.
    pub async fn delete(
        &self,
        id: CommentId,
        person: Person,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Outcome {
        self.update(id, if_match, cause, |comment| comment::delete(comment, person))
            .await
    }

    async fn update(
        &self,
        id: CommentId,
        if_match: Option<u64>,
        cause: &Cause,
        decide: impl Fn(&Comment) -> Result<Option<Decision>, CommentError>,
    ) -> Outcome {
        let decide = |prior: &Stored<Comment>| Ok(decide(&prior.state)?.map(change));
        self.store.update(&id.to_string(), if_match, cause, decide).await
    }

    /// Takes `author_id`'s name off all their comments. It may be broken off and done again.
    pub async fn anonymise(&self, author_id: UserId, cause: &Cause) -> Result<(), StoreError> {
        self.departed.add(author_id).await?;
        loop {
            // Those that are done do not bear the name any more, so every page is the first.
            let page = self.comments.of_author(author_id, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let done = stream::iter(page).map(|id| self.take_name_off(id, cause));
            done.buffer_unordered(CONCURRENCY).try_collect::<Vec<_>>().await?;
        }
    }

    async fn take_name_off(&self, id: CommentId, cause: &Cause) -> Result<Stored<Comment>, StoreError> {
        self.react(id, cause, comment::anonymise).await
    }

    /// Does to a comment what was decided about it. About one that is not known there is nothing to do.
    pub async fn judge(&self, id: CommentId, verdict: &Verdict, cause: &Cause) -> Result<(), StoreError> {
        match self
            .react(id, cause, |comment| verdict::apply(comment, verdict))
            .await
        {
            Err(StoreError::NotFound { .. }) => Ok(()),
            result => result.map(drop),
        }
    }

    /// Changes a comment because of something elsewhere, which the domain never refuses.
    async fn react(
        &self,
        id: CommentId,
        cause: &Cause,
        decide: impl Fn(&Comment) -> Option<Decision>,
    ) -> Result<Stored<Comment>, StoreError> {
        let decide = |prior: &Stored<Comment>| Ok::<_, Infallible>(decide(&prior.state).map(change));
        match self.store.update(&id.to_string(), None, cause, decide).await {
            Ok(stored) => Ok(stored),
            Err(CommandError::Store(error)) => Err(error),
            Err(CommandError::Domain(never)) => match never {},
        }
    }

    /// Takes note of a post.
    pub async fn learn_of(&self, post: &PostReplica) -> Result<(), StoreError> {
        self.posts.apply(post).await?;
        self.arrivals.announce(post.id);
        Ok(())
    }
}

fn change((state, fact): Decision) -> Change<Comment> {
    Change::new(state, fact)
}
