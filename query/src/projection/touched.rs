//! What a batch touched: whatever has to be counted anew, and the keys that readers are told.

use std::collections::BTreeSet;

use common::{
    event::{FollowState, PostState, PostStatus},
    ids::{PostId, UserId},
};

use super::{
    documents::{self, username_key},
    fold::{Folded, Newest},
};
use crate::notes::Key;

/// What a batch touched. It is made of every event of the batch, not only of those that were news: a batch that
/// was applied before a crash and not counted is counted when it comes again.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Posts whose comments and likes may have changed in number.
    pub posts: BTreeSet<String>,
    /// People whose posts, followers or followed may have changed in number.
    pub users: BTreeSet<String>,
    pub tags: BTreeSet<String>,
    pub months: BTreeSet<String>,
    /// Posts with the tags and month that they have after the batch, where they may have been counted under others.
    pub settled: Vec<Settled>,
    /// What readers are told.
    pub keys: BTreeSet<Key>,
}

/// A version of a post, its tags and its month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub id: String,
    pub v: i64,
    pub tags: Vec<String>,
    pub month: Option<String>,
}

/// What a document was before the batch.
#[derive(Debug, Default, Clone, serde::Deserialize)]
pub struct Prior {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    /// Of a post: the tags it has, and those it may be counted under.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub counted_tags: Vec<String>,
    /// The same for the month.
    pub month: Option<String>,
    pub counted_month: Option<String>,
    pub status: Option<PostStatus>,
    pub username_key: Option<String>,
}

impl Touched {
    /// What `folded` touches besides what the documents' past says.
    pub fn by(folded: &Folded) -> Self {
        let mut touched = Self::default();
        for newest in folded.posts.values() {
            touched.post(&newest.state);
        }
        for newest in folded.users.values() {
            touched.user_counts(newest.state.id);
            let profile = newest.state.profile.as_ref();
            touched
                .keys
                .extend(profile.map(|profile| Key::Username(username_key(&profile.username))));
        }
        for newest in folded.comments.values() {
            touched.keys.insert(Key::Comments(newest.state.post_id));
            touched.post_counts(newest.state.post_id);
        }
        for newest in folded.reactions.values() {
            touched.post_counts(newest.state.post_id);
        }
        for newest in folded.follows.values() {
            let FollowState {
                follower_id,
                followee_id,
                ..
            } = newest.state;
            touched.user_counts(follower_id);
            touched.user_counts(followee_id);
        }
        touched
    }

    fn post(&mut self, state: &PostState) {
        self.keys.insert(Key::Post(state.id));
        if state.status == PostStatus::Published {
            self.keys.insert(Key::Posts);
        }
        if let Some(content) = &state.content {
            self.tags(&content.tags);
        }
        self.month(documents::public_month(state));
        self.post_counts(state.id);
        self.user_counts(state.author_id);
    }

    /// Adds what follows from a post's document as it was; `newest` is what replaces it, if anything does.
    pub fn post_was(&mut self, prior: &Prior, newest: Option<&Newest<PostState>>) {
        let (v, tags, month) = match newest {
            Some(Newest { version, state }) => (
                *version,
                documents::public_tags(state),
                documents::public_month(state),
            ),
            None => (prior.v, prior.tags.clone(), prior.month.clone()),
        };
        if prior.counted_tags != tags || prior.counted_month != month {
            self.settled.push(Settled {
                id: prior.id.clone(),
                v,
                tags,
                month,
            });
        }
        if prior.status == Some(PostStatus::Published) {
            self.keys.insert(Key::Posts);
        }
        self.tags(&prior.tags);
        self.tags(&prior.counted_tags);
        self.month(prior.month.clone());
        self.month(prior.counted_month.clone());
    }

    /// Adds what follows from a person's document as it was.
    pub fn user_was(&mut self, prior: &Prior) {
        self.keys.extend(prior.username_key.clone().map(Key::Username));
    }

    fn tags(&mut self, tags: &[String]) {
        if !tags.is_empty() {
            self.keys.insert(Key::Tags);
            // A list of posts shows them, whatever the post's status was when the batch was first applied.
            self.keys.insert(Key::Posts);
        }
        self.tags.extend(tags.iter().cloned());
    }

    fn month(&mut self, month: Option<String>) {
        if month.is_some() {
            self.keys.insert(Key::Posts);
        }
        self.months.extend(month);
    }

    fn post_counts(&mut self, post: PostId) {
        self.posts.insert(post.to_string());
        self.keys.insert(Key::Counts(post));
    }

    fn user_counts(&mut self, user: UserId) {
        self.users.insert(user.to_string());
        self.keys.insert(Key::User(user));
    }
}
