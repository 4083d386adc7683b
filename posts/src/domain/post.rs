//! A post, from its first draft to its tombstone: what may be done to it, and what comes of it.

use std::time::Duration;

use common::{
    api::posts::{CreatePostRequest, PostList, UpdatePostRequest, Visibility},
    event::{PostContent, PostFact, PostState, PostStatus, Timestamp},
    ids::{PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{
    content::{self, Violation},
    listing::{self, Revision},
    slug::{slugify, with_suffix},
};

/// How many spellings of a slug are tried before it is given up.
pub const SLUG_ATTEMPTS: u32 = 4;
/// The most former slugs that are kept; after that many renamings the slug stays.
pub const MAX_FORMER_SLUGS: usize = 20;
/// The farthest that a publication may be planned: five years, leap days included.
pub const MAX_AHEAD: Duration = Duration::from_secs(5 * 366 * 24 * 3600);

/// Where a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Draft,
    Published,
    Deleted,
}

/// What revisions are kept of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub title: String,
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// A post with all that its author sees of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub id: PostId,
    pub author_id: UserId,
    pub status: Status,
    /// From the first publication on; a tombstone keeps it, so that its address never leads to another post.
    pub slug: Option<String>,
    /// Slugs it had before, oldest first.
    pub former_slugs: Vec<String>,
    pub text: Text,
    /// The version of the post that brought this text, which names the revision.
    pub text_version: u64,
    /// When that was.
    pub text_at: Timestamp,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    /// When the draft is to be published by itself. Absent in the database when it is not, for the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The first publication.
    pub published_at: Option<Timestamp>,
    /// Whether this draft would be public, were it not for a verdict; an approval publishes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_back: bool,
}

/// The circumstances of a decision.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext {
    pub now: Timestamp,
    /// The version that the post will have.
    pub version: u64,
    /// How many spellings of the slug turned out to be taken.
    pub slug_attempt: u32,
}

/// Why it may not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error("there is no such post for this person")]
    NotFound,
    #[error("the post belongs to somebody else")]
    NotOwner,
    #[error("the post is deleted")]
    Deleted,
    #[error("there is no such revision of the post")]
    RevisionNotFound,
    #[error("a moderator has yet to look at this text")]
    UnderReview,
    #[error("this text was refused")]
    Rejected { reason: Option<String> },
    #[error("{} rules are violations", .0.len())]
    Invalid(Vec<Violation>),
}

/// The state to be and what happened; `None` when nothing changes.
pub type Decision = Result<Option<(Post, PostFact)>, PostError>;

impl Post {
    /// The state that its events carry: what is written in a draft, or was in a deleted post, is not among it.
    pub fn public(&self) -> PostState {
        let content = (self.status == Status::Published).then(|| PostContent {
            title: self.text.title.clone(),
            body: self.text.body.clone(),
            summary: self.text.summary.clone(),
            tags: self.tags.clone(),
            cover: self.cover.clone(),
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

    /// Where its author finds it; nowhere once it is deleted.
    pub fn list(&self) -> Option<PostList> {
        listing::list_of(self.status, self.publish_at)
    }

    /// Its present text.
    pub fn revision(&self) -> Revision {
        Revision {
            version: self.text_version,
            at: self.text_at,
            text: self.text.clone(),
        }
    }

    /// Whether `user` may read its source and change it. Strangers learn of published posts only.
    pub fn accessible_to(&self, user: UserId) -> Result<(), PostError> {
        match (self.status, self.author_id == user) {
            (Status::Deleted, true) => Err(PostError::Deleted),
            (Status::Published, false) => Err(PostError::NotOwner),
            (Status::Draft | Status::Deleted, false) => Err(PostError::NotFound),
            (Status::Draft | Status::Published, true) => Ok(()),
        }
    }

    /// Takes the address that belongs to the title, unless the present one does already. One of its own former
    /// ones is taken back; otherwise it is the first spelling that nobody has.
    fn take_slug(&mut self, attempt: u32) {
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
        self.take_slug(at.slug_attempt);
    }
}

/// Begins a post, as a draft or published at once.
pub fn create(
    new: &CreatePostRequest,
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
        held_back: false,
    };
    let everything = UpdatePostRequest {
        title: Some(new.title.clone()),
        body: Some(new.body.clone()),
        summary: Some(new.summary.clone()),
        tags: Some(new.tags.clone()),
        cover: Some(new.cover.clone()),
        status: Some(new.status),
        publish_at: Some(new.publish_at),
    };
    let mut post = apply(&blank, everything, at.now)?;
    match new.status {
        Visibility::Draft => Ok((post, PostFact::Created)),
        Visibility::Published => {
            post.publish(at);
            Ok((post, PostFact::Published))
        }
    }
}

/// Changes a post of `user`; whatever is as it should be already is no change.
pub fn update(post: &Post, user: UserId, edit: UpdatePostRequest, at: DecisionContext) -> Decision {
    post.accessible_to(user)?;
    let (wanted, planned) = (edit.status, matches!(edit.publish_at, Some(Some(_))));
    let mut next = apply(post, edit, at.now)?;
    let fact = match (post.status, wanted) {
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
    // What its author takes in hand anew is not published behind their back.
    if wanted == Some(Visibility::Draft) || planned || next.text != post.text {
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
        next.take_slug(at.slug_attempt);
    }
    next.updated_at = at.now;
    Ok(Some((next, fact)))
}

/// Publishes a draft whose time has come; others, such as those that another replica published, stay.
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

/// Deletes a post of `user`; again changes nothing.
pub fn delete(post: &Post, user: UserId, now: Timestamp) -> Decision {
    match post.accessible_to(user) {
        Ok(()) => Ok(Some(tombstone_of(post, now))),
        Err(PostError::Deleted) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is left of a post: whose it was, when, and where it stood.
fn tombstone_of(post: &Post, now: Timestamp) -> (Post, PostFact) {
    let tombstone = Post {
        status: Status::Deleted,
        text: Text::default(),
        tags: Vec::new(),
        cover: None,
        publish_at: None,
        updated_at: now,
        held_back: false,
        ..post.clone()
    };
    (tombstone, PostFact::Deleted)
}

/// The post with the new values, all rules kept; its status is left to the caller.
fn apply(post: &Post, edit: UpdatePostRequest, now: Timestamp) -> Result<Post, PostError> {
    let mut next = post.clone();
    let mut violations = Vec::new();
    if let Some(title) = edit.title {
        assign(&mut next.text.title, content::title(&title), &mut violations);
    }
    if let Some(body) = edit.body {
        assign(&mut next.text.body, content::body(body), &mut violations);
    }
    if let Some(summary) = edit.summary {
        let summary = summary.map_or(Ok(None), |summary| content::summary(&summary));
        assign(&mut next.text.summary, summary, &mut violations);
    }
    if let Some(tags) = edit.tags {
        assign(&mut next.tags, content::tags(&tags), &mut violations);
    }
    if let Some(cover) = edit.cover {
        let cover = cover.map(|cover| content::cover(&cover)).transpose();
        assign(&mut next.cover, cover, &mut violations);
    }
    let published = match edit.status {
        Some(visibility) => visibility == Visibility::Published,
        None => post.status == Status::Published,
    };
    if let Some(publish_at) = edit.publish_at {
        let planned = planned(publish_at, post.publish_at, published, now);
        assign(&mut next.publish_at, planned, &mut violations);
    }
    if published {
        next.publish_at = None;
    }
    let blank = next.text.body.trim().is_empty() && !violations.contains(&Violation::BodyTooLong);
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

/// The time of publication, which has to lie ahead unless it is the one that was set before.
fn planned(
    wanted: Option<Timestamp>,
    present: Option<Timestamp>,
    published: bool,
    now: Timestamp,
) -> Result<Option<Timestamp>, Violation> {
    match wanted {
        Some(_) if published => Err(Violation::PublishAtNotDraft),
        Some(time) if wanted != present && time <= now => Err(Violation::PublishAtPast),
        Some(time) if time > now.plus(MAX_AHEAD) => Err(Violation::PublishAtTooFar),
        wanted => Ok(wanted),
    }
}

#[cfg(test)]
pub(crate) mod tests;
