//! Load, decide, commit: the commands, and the queries of the API.

use std::time::Duration;

use common::{
    api::comments::CreateComment,
    event::Timestamp,
    ids::{CommentId, PostId, UserId},
};
use runtime::{
    http::ClientAddr,
    service::handle_all,
    store::{AggregateStore, Cause, Change, CommandError, NewAggregate, Storage, StoreError, Stored},
};

use crate::{
    domain::{
        self, Actor, Comment, CommentError, Decision, PostReplica, ReviewMode, Text, Verdict,
        comment::{self, NewComment},
        verdict,
    },
    live::PostVersions,
    store::{Comments, Posts},
};

pub use crate::store::CommentFilter;

/// How long a request waits for a version of a post that its client has seen and this service has not.
pub const POST_TIMEOUT: Duration = Duration::from_secs(2);
/// How many comments of a deleted user are read at a time.
const PAGE: i64 = 100;

/// A request to create a comment.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    pub comment: CreateComment,
    /// A retry with the same key finds the first result.
    pub idempotency_key: Option<String>,
    /// The version of the post that the client has seen, if a consistency token names it.
    pub post_version: Option<u64>,
    pub client: ClientAddr,
}

/// The commands; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    aggregates: AggregateStore<Comment>,
    comments: Comments,
    posts: Posts,
    versions: PostVersions,
    mode: ReviewMode,
}

type Outcome = Result<Stored<Comment>, CommandError<CommentError>>;

impl Commands {
    pub fn new(storage: &Storage, versions: PostVersions, mode: ReviewMode) -> Self {
        let aggregates = storage.aggregates();
        Self {
            comments: Comments::new(aggregates.clone()),
            aggregates,
            posts: Posts::new(storage),
            versions,
            mode,
        }
    }

    /// Creates a comment. Waits for the version of the post that the client has seen.
    pub async fn create(&self, author: Actor, request: CreateRequest, cause: &Cause) -> Outcome {
        let text = Text::parse(&request.comment.body).map_err(CommandError::Domain)?;
        let key = request.idempotency_key.as_deref();
        let id = key.map_or_else(CommentId::generate, |key| {
            CommentId::from_idempotency_key(author.id, key)
        });
        let earlier = match key {
            Some(_) => {
                self.aggregates
                    .repeated(&id.to_string(), &request.comment)
                    .await?
            }
            None => None,
        };
        let stored = match earlier {
            // Whatever has happened to the post since then.
            Some(stored) => stored,
            None => {
                let (state, fact) = self.decide_creation(id, author, text, &request).await?;
                let new = NewAggregate::new(state, fact).with_request(key.map(|_| &request.comment))?;
                self.aggregates.create(new, cause).await?.into_stored()
            }
        };
        if stored.state.is_deleted() {
            return Err(CommandError::Domain(CommentError::Deleted));
        }
        Ok(stored)
    }

    async fn decide_creation(
        &self,
        id: CommentId,
        author: Actor,
        text: Text,
        request: &CreateRequest,
    ) -> Result<Decision, CommandError<CommentError>> {
        let CreateComment {
            post_id, parent_id, ..
        } = request.comment;
        let post = self.post(post_id, request.post_version, request.client).await?;
        domain::post::accepts_comments(post.as_ref()).map_err(CommandError::Domain)?;
        let parent = match parent_id {
            Some(id) => self.aggregates.find(&id.to_string()).await?,
            None => None,
        };
        let new = NewComment {
            id,
            post_id,
            parent_id,
            author_id: author.id,
            text,
        };
        let parent = parent.as_ref().map(|parent| &parent.state);
        comment::create(new, parent, self.mode, Timestamp::now()).map_err(CommandError::Domain)
    }

    /// The replica of the post, once it is at `version` or later, or after [`POST_TIMEOUT`].
    async fn post(
        &self,
        id: PostId,
        version: Option<u64>,
        client: ClientAddr,
    ) -> Result<Option<PostReplica>, StoreError> {
        let known = self.posts.find(id).await?;
        let has = |post: &Option<PostReplica>, version| post.is_some_and(|post| post.version >= version);
        match version {
            Some(version) if !has(&known, version) => {
                let is_known = || async move { Ok(has(&self.posts.find(id).await?, version)) };
                self.versions
                    .wait(client, id, version, POST_TIMEOUT, is_known)
                    .await?;
                self.posts.find(id).await
            }
            _ => Ok(known),
        }
    }

    /// The comment, if `actor` may see it.
    pub async fn get(&self, id: CommentId, actor: Option<Actor>) -> Outcome {
        let stored = self.aggregates.load(&id.to_string()).await?;
        stored
            .state
            .check_visible_to(actor)
            .map_err(CommandError::Domain)?;
        Ok(stored)
    }

    /// A page of an author's own comments, newest first.
    pub async fn own_comments(&self, filter: &CommentFilter) -> Result<Vec<Stored<Comment>>, StoreError> {
        self.comments.own(filter).await
    }

    /// Changes the text of a comment.
    pub async fn edit(
        &self,
        id: CommentId,
        body: &str,
        editor: Actor,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Outcome {
        let text = Text::parse(body).map_err(CommandError::Domain)?;
        self.update(id, if_match, cause, |comment| {
            comment::edit(comment, text.clone(), editor, self.mode, Timestamp::now())
        })
        .await
    }

    /// Deletes a comment; a tombstone stays.
    pub async fn delete(&self, id: CommentId, actor: Actor, if_match: Option<u64>, cause: &Cause) -> Outcome {
        self.update(id, if_match, cause, |comment| comment::delete(comment, actor))
            .await
    }

    /// Removes a deleted user's name from their comments. Idempotent; an interrupted call is completed by the next.
    ///
    /// # Errors
    /// The first one; the other comments are changed nevertheless.
    pub async fn anonymise(&self, author_id: UserId, cause: &Cause) -> Result<(), StoreError> {
        // Changed comments no longer have the author.
        let remaining =
            |failed: Vec<CommentId>| async move { self.comments.of_author(author_id, &failed, PAGE).await };
        let anonymise = |id| self.react(id, cause, comment::anonymise);
        handle_all(remaining, anonymise).await
    }

    /// Applies a verdict to a comment. A verdict on an unknown comment is ignored.
    pub async fn apply_verdict(
        &self,
        id: CommentId,
        verdict: &Verdict,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let apply = |comment: &Comment| verdict::apply(comment, verdict);
        self.react(id, cause, apply).await
    }

    /// Stores what is new about a post, and wakes the requests that wait for it on any replica of this service.
    pub async fn upsert_post(&self, post: &PostReplica) -> Result<(), StoreError> {
        self.posts.apply(post).await?;
        self.versions.announce(post.id, post.version).await;
        Ok(())
    }

    /// Changes a comment, if it exists, because of an event, which the domain never refuses.
    async fn react(
        &self,
        id: CommentId,
        cause: &Cause,
        decide: impl Fn(&Comment) -> Option<Decision>,
    ) -> Result<(), StoreError> {
        let decide = |comment: &Comment| decide(comment).map(change);
        self.aggregates
            .update_existing(&id.to_string(), cause, decide)
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
        self.aggregates
            .update(&id.to_string(), if_match, cause, decide)
            .await
    }
}

fn change((state, fact): Decision) -> Change<Comment> {
    Change::new(state, fact)
}
