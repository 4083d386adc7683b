//! What a batch affects: the counters to recount, and the keys of the responses to invalidate.

use std::collections::BTreeSet;

use common::{
    event::{FollowState, PostState, PostStatus},
    ids::{PostId, UserId},
};

use super::{
    documents::{public_month, public_tags},
    fold::{Folded, Versioned},
};
use crate::{changes::Key, model::username_key};

/// What a batch affects. It follows from all events of the batch, not only from those that are newer than the stored
/// documents: a batch that was written before a crash and not counted is counted when it is applied again.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Posts whose numbers of comments or likes may have changed.
    pub posts: BTreeSet<String>,
    /// Users whose numbers of posts, followers or followed users may have changed.
    pub users: BTreeSet<String>,
    pub tags: BTreeSet<String>,
    pub months: BTreeSet<String>,
    /// Posts that may be counted under other tags or another month than they have after the batch.
    pub recounted: Vec<Recounted>,
    pub keys: BTreeSet<Key>,
}

/// A version of a post, under whose tags and month the post is counted after the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recounted {
    pub id: String,
    pub v: i64,
    pub tags: Vec<String>,
    pub month: Option<String>,
}

/// Fields of a document before the batch.
#[derive(Debug, Default, Clone, serde::Deserialize)]
pub struct Previous {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    #[serde(default)]
    pub tags: Vec<String>,
    pub month: Option<String>,
    /// The tags and the month under which the post may be counted.
    #[serde(default)]
    pub counted_tags: Vec<String>,
    pub counted_month: Option<String>,
    pub status: Option<PostStatus>,
    pub username_key: Option<String>,
}

impl Affected {
    /// What follows from the events alone.
    pub fn by_events(folded: &Folded) -> Self {
        let mut affected = Self::default();
        for newest in folded.posts.values() {
            affected.add_post(&newest.state);
        }
        for newest in folded.users.values() {
            affected.add_user_counts(newest.state.id);
            let profile = newest.state.profile.as_ref();
            let username = profile.map(|profile| Key::Username(username_key(&profile.username)));
            affected.keys.extend(username);
        }
        for newest in folded.comments.values() {
            affected.keys.insert(Key::Comments(newest.state.post_id));
            affected.add_post_counts(newest.state.post_id);
        }
        for newest in folded.reactions.values() {
            affected.add_post_counts(newest.state.post_id);
        }
        for newest in folded.follows.values() {
            let FollowState {
                follower_id,
                followee_id,
                ..
            } = newest.state;
            affected.add_user_counts(follower_id);
            affected.add_user_counts(followee_id);
        }
        affected
    }

    fn add_post(&mut self, state: &PostState) {
        self.keys.insert(Key::Post(state.id));
        if state.status == PostStatus::Published {
            self.keys.insert(Key::Posts);
        }
        if state.content.is_some() {
            self.add_tags(&public_tags(state));
        }
        self.add_month(public_month(state));
        self.add_post_counts(state.id);
        self.add_user_counts(state.author_id);
    }

    /// Adds what follows from a post's previous document, which `newest` replaces unless it is `None`.
    pub fn add_previous_post(&mut self, previous: &Previous, newest: Option<&Versioned<PostState>>) {
        let (v, tags, month) = match newest {
            Some(Versioned { version, state }) => (*version, public_tags(state), public_month(state)),
            None => (previous.v, previous.tags.clone(), previous.month.clone()),
        };
        if previous.counted_tags != tags || previous.counted_month != month {
            self.recounted.push(Recounted {
                id: previous.id.clone(),
                v,
                tags,
                month,
            });
        }
        if previous.status == Some(PostStatus::Published) {
            self.keys.insert(Key::Posts);
        }
        self.add_tags(&previous.tags);
        self.add_tags(&previous.counted_tags);
        self.add_month(previous.month.clone());
        self.add_month(previous.counted_month.clone());
    }

    /// Adds what follows from a user's previous document.
    pub fn add_previous_user(&mut self, previous: &Previous) {
        self.keys.extend(previous.username_key.clone().map(Key::Username));
    }

    fn add_tags(&mut self, tags: &[String]) {
        if !tags.is_empty() {
            self.keys.insert(Key::Tags);
            // Lists of posts contain tags, whatever the post's status was when the batch was first applied.
            self.keys.insert(Key::Posts);
        }
        self.tags.extend(tags.iter().cloned());
    }

    fn add_month(&mut self, month: Option<String>) {
        if month.is_some() {
            self.keys.insert(Key::Posts);
        }
        self.months.extend(month);
    }

    fn add_post_counts(&mut self, post: PostId) {
        self.posts.insert(post.to_string());
        self.keys.insert(Key::Counts(post));
    }

    fn add_user_counts(&mut self, user: UserId) {
        self.users.insert(user.to_string());
        self.keys.insert(Key::User(user));
    }
}
