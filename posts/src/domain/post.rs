//! A post from its first draft to its tombstone, and the decisions about it.

use std::time::Duration;

use ::content::Document;
use common::{
    api::posts::{CreatePostRequest, PostList, UpdatePostRequest, Visibility},
    event::{PostContent, PostFact, PostState, PostStatus, Timestamp},
    ids::{PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{
    content::{self, Violation},
    slug::{slugify, with_suffix},
};

/// How many spellings of a slug are tried.
pub const SLUG_ATTEMPTS: u32 = 4;
/// The maximum number of former slugs. After that many renamings the slug no longer changes.
pub const MAX_FORMER_SLUGS: usize = 20;
/// How far ahead a publication may be scheduled: five years, leap days included.
pub const MAX_AHEAD: Duration = Duration::from_secs(5 * 366 * 24 * 3600);

/// The status of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Draft,
    Published,
    Deleted,
}

impl Status {
    /// The list that holds a post with this status; `None` for a deleted one.
    pub fn list(self, publish_at: Option<Timestamp>) -> Option<PostList> {
        match self {
            Self::Draft if publish_at.is_some() => Some(PostList::Scheduled),
            Self::Draft => Some(PostList::Draft),
            Self::Published => Some(PostList::Published),
            Self::Deleted => None,
        }
    }
}

/// The part of a post that revisions are kept of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub title: String,
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// A post with its private parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub id: PostId,
    pub author_id: UserId,
    pub status: Status,
    /// Set by the first publication. A tombstone keeps it, so that its address never leads to another post.
    pub slug: Option<String>,
    /// Former slugs, oldest first.
    pub former_slugs: Vec<String>,
    pub text: Text,
    /// The version of the post that introduced this text; it identifies the revision.
    pub text_version: u64,
    /// When the text was written.
    pub text_at: Timestamp,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    /// When the draft is published automatically. Absent in the database if unset, because its index is partial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The first publication.
    pub published_at: Option<Timestamp>,
    /// The language as a BCP 47 tag, if its author has set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether only a verdict keeps this draft from being public; an approval publishes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_back: bool,
}

/// The inputs of a decision besides the post and the request.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext {
    pub now: Timestamp,
    /// The next version of the post.
    pub version: u64,
    /// How many spellings of the slug were taken by other posts.
    pub slug_attempt: u32,
}

/// Why a command on a post is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error("there is no such post for this user")]
    NotFound,
    #[error("the post belongs to another user")]
    NotOwner,
    #[error("the post is deleted")]
    Deleted,
    #[error("there is no such revision of the post")]
    RevisionNotFound,
    #[error("a moderator has to review this text first")]
    UnderReview,
    #[error("moderation rejected this text")]
    Rejected { reason: Option<String> },
    #[error("{} rules are violated", .0.len())]
    Invalid(Vec<Violation>),
}

/// The new state and the fact; `None` if nothing changes.
pub type Decision = Result<Option<(Post, PostFact)>, PostError>;

impl Post {
    /// The state that its events carry. The text of a draft or a deleted post is not part of it.
    pub fn public(&self) -> PostState {
        let content = (self.status == Status::Published).then(|| PostContent {
            title: self.text.title.clone(),
            body: self.text.body.clone(),
            summary: self.text.summary.clone(),
            tags: self.tags.clone(),
            cover: self.cover.clone(),
            language: self.language.clone(),
        });
        let (status, addressed) = match self.status {
            Status::Draft => (PostStatus::Draft, true),
            Status::Published => (PostStatus::Published, true),
            Status::Deleted => (PostStatus::Deleted, false),
        };
        PostState {
            id: self.id,
            author_id: self.author_id,
            status,
            slug: self.slug.clone().filter(|_| addressed),
            former_slugs: self.former_slugs.iter().filter(|_| addressed).cloned().collect(),
            content,
            created_at: self.created_at,
            updated_at: self.updated_at,
            published_at: self.published_at,
        }
    }

    /// The list that holds it; `None` once it is deleted.
    pub fn list(&self) -> Option<PostList> {
        self.status.list(self.publish_at)
    }

    /// Checks that `user` may read its source and change it. To other users only published posts exist.
    pub fn accessible_to(&self, user: UserId) -> Result<(), PostError> {
        match (self.status, self.author_id == user) {
            (Status::Deleted, true) => Err(PostError::Deleted),
            (Status::Published, false) => Err(PostError::NotOwner),
            (Status::Draft | Status::Deleted, false) => Err(PostError::NotFound),
            (Status::Draft | Status::Published, true) => Ok(()),
        }
    }

    /// Sets the slug of the title, unless the current one already belongs to the title. Prefers one of its own former
    /// slugs to a new spelling.
    fn assign_slug(&mut self, attempt: u32) {
        let stem = slugify(&self.text.title);
        let spelling = |attempt| with_suffix(&stem, self.id.as_uuid(), attempt);
        let own = |slug: &String| (0..SLUG_ATTEMPTS).any(|attempt| spelling(attempt) == *slug);
        if self.slug.as_ref().is_some_and(own) {
            return;
        }
        let former = self.former_slugs.iter().position(own);
        if former.is_none() && self.former_slugs.len() >= MAX_FORMER_SLUGS {
            return;
        }
        let next = spelling(attempt);
        let next = former.map_or(next, |index| self.former_slugs.remove(index));
        self.former_slugs.extend(self.slug.replace(next));
    }

    pub(super) fn publish(&mut self, at: DecisionContext) {
        self.status = Status::Published;
        self.held_back = false;
        self.publish_at = None;
        self.published_at.get_or_insert(at.now);
        self.assign_slug(at.slug_attempt);
    }
}

/// Creates a post as a draft or published.
pub fn create(
    request: &CreatePostRequest,
    id: PostId,
    author_id: UserId,
    at: DecisionContext,
) -> Result<(Post, PostFact), PostError> {
    let blank = Post {
        id,
        author_id,
        status: Status::Draft,
        slug: None,
        former_slugs: Vec::new(),
        text: Text::default(),
        text_version: at.version,
        text_at: at.now,
        tags: Vec::new(),
        cover: None,
        publish_at: None,
        created_at: at.now,
        updated_at: at.now,
        published_at: None,
        language: None,
        held_back: false,
    };
    let all_fields = UpdatePostRequest {
        title: Some(request.title.clone()),
        body: Some(request.body.clone()),
        summary: Some(request.summary.clone()),
        tags: Some(request.tags.clone()),
        cover: Some(request.cover.clone()),
        status: Some(request.status),
        publish_at: Some(request.publish_at),
        published_at: request.published_at,
        language: Some(request.language.clone()),
    };
    let mut post = apply(&blank, all_fields, at.now)?;
    match request.status {
        Visibility::Draft => Ok((post, PostFact::Created)),
        Visibility::Published => {
            post.publish(at);
            Ok((post, PostFact::Published))
        }
    }
}

/// Changes a post of `user`. A change to the current values is no change.
pub fn update(post: &Post, user: UserId, request: UpdatePostRequest, at: DecisionContext) -> Decision {
    post.accessible_to(user)?;
    let (requested, scheduled) = (request.status, matches!(request.publish_at, Some(Some(_))));
    let mut next = apply(post, request, at.now)?;
    let fact = match (post.status, requested) {
        (Status::Draft, Some(Visibility::Published)) => {
            next.publish(at);
            PostFact::Published
        }
        (Status::Published, Some(Visibility::Draft)) => {
            next.status = Status::Draft;
            PostFact::Unpublished
        }
        _ => PostFact::Updated,
    };
    // An approval must not publish what its author has changed or unpublished since.
    if requested == Some(Visibility::Draft) || scheduled || next.text != post.text {
        next.held_back = false;
    }
    if next == *post {
        return Ok(None);
    }
    if next.text != post.text {
        next.text_version = at.version;
        next.text_at = at.now;
    }
    if next.status == Status::Published && next.text.title != post.text.title {
        next.assign_slug(at.slug_attempt);
    }
    next.updated_at = at.now;
    Ok(Some((next, fact)))
}

/// Publishes a scheduled draft that is due. Any other post, e.g. one that another replica published, stays unchanged.
pub fn publish_due(post: &Post, at: DecisionContext) -> Option<(Post, PostFact)> {
    let due = post.publish_at.is_some_and(|time| time <= at.now);
    if post.status != Status::Draft || !due {
        return None;
    }
    let mut next = post.clone();
    next.publish(at);
    next.updated_at = at.now;
    Some((next, PostFact::Published))
}

/// Deletes a post of `user`. A repeated deletion changes nothing.
pub fn delete(post: &Post, user: UserId, now: Timestamp) -> Decision {
    match post.accessible_to(user) {
        Ok(()) => Ok(Some(tombstone_of(post, now))),
        Err(PostError::Deleted) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What remains of a post: its author, its times and its slugs.
fn tombstone_of(post: &Post, now: Timestamp) -> (Post, PostFact) {
    let tombstone = Post {
        status: Status::Deleted,
        text: Text::default(),
        tags: Vec::new(),
        cover: None,
        publish_at: None,
        language: None,
        updated_at: now,
        held_back: false,
        ..post.clone()
    };
    (tombstone, PostFact::Deleted)
}

/// The post with the new values if they violate no rule. The caller sets the status.
fn apply(post: &Post, request: UpdatePostRequest, now: Timestamp) -> Result<Post, PostError> {
    let mut next = post.clone();
    let mut violations = Vec::new();
    if let Some(title) = request.title {
        assign(&mut next.text.title, content::title(&title), &mut violations);
    }
    if let Some(body) = request.body {
        assign(&mut next.text.body, content::body(body), &mut violations);
    }
    if let Some(summary) = request.summary {
        let summary = summary.map_or(Ok(None), |summary| content::summary(&summary));
        assign(&mut next.text.summary, summary, &mut violations);
    }
    if let Some(tags) = request.tags {
        assign(&mut next.tags, content::tags(&tags), &mut violations);
    }
    if let Some(cover) = request.cover {
        let cover = cover.map(|cover| content::cover(&cover)).transpose();
        assign(&mut next.cover, cover, &mut violations);
    }
    if let Some(language) = request.language {
        let language = language.map(|tag| content::language(&tag)).transpose();
        assign(&mut next.language, language, &mut violations);
    }
    let published = match request.status {
        Some(visibility) => visibility == Visibility::Published,
        None => post.status == Status::Published,
    };
    if let Some(publish_at) = request.publish_at {
        let publish_at = check_publish_at(publish_at, post.publish_at, published, now);
        assign(&mut next.publish_at, publish_at, &mut violations);
    }
    if let Some(time) = request
        .published_at
        .filter(|_| request.published_at != post.published_at)
    {
        let is_publishing = published && post.status == Status::Draft;
        let published_at = content::published_at(time, is_publishing, now);
        assign(&mut next.published_at, published_at.map(Some), &mut violations);
    }
    if published {
        next.publish_at = None;
    }
    let blank =
        Document::markdown(&next.text.body).is_blank() && !violations.contains(&Violation::BodyTooLong);
    if blank && (published || next.publish_at.is_some()) {
        violations.push(Violation::BodyEmpty);
    }
    if violations.is_empty() {
        Ok(next)
    } else {
        Err(PostError::Invalid(violations))
    }
}

fn assign<T>(place: &mut T, value: Result<T, Violation>, violations: &mut Vec<Violation>) {
    match value {
        Ok(value) => *place = value,
        Err(violation) => violations.push(violation),
    }
}

/// Checks the time of publication, which has to be in the future unless it is unchanged.
fn check_publish_at(
    requested: Option<Timestamp>,
    current: Option<Timestamp>,
    published: bool,
    now: Timestamp,
) -> Result<Option<Timestamp>, Violation> {
    match requested {
        Some(_) if published => Err(Violation::PublishAtNotDraft),
        Some(time) if requested != current && time <= now => Err(Violation::PublishAtPast),
        Some(time) if time > now.plus(MAX_AHEAD) => Err(Violation::PublishAtTooFar),
        requested => Ok(requested),
    }
}

#[cfg(test)]
pub(crate) mod tests;
