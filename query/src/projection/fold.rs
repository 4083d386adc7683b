//! Folds a batch to the newest event of each aggregate.

use std::collections::BTreeMap;

use common::{
    consistency::ConsistencyToken,
    event::{AggregateState, CommentState, Event, FollowState, PostState, ReactionState, UserState},
};
use runtime::bus::LogEntry;

/// A state and its version.
#[derive(Debug, Clone)]
pub struct Versioned<S> {
    pub version: i64,
    pub state: S,
}

/// The newest event of each aggregate, by id.
pub type ById<S> = BTreeMap<String, Versioned<S>>;

#[derive(Debug, Default)]
pub struct Folded {
    pub posts: ById<PostState>,
    pub users: ById<UserState>,
    pub comments: ById<CommentState>,
    pub reactions: ById<ReactionState>,
    pub follows: ById<FollowState>,
}

impl Folded {
    pub fn of(entries: Vec<LogEntry>) -> Self {
        let mut folded = Self::default();
        folded.add(entries);
        folded
    }

    pub fn add(&mut self, entries: Vec<LogEntry>) {
        for entry in entries {
            let version = i64::try_from(entry.event.envelope.aggregate_version).unwrap_or(i64::MAX);
            match entry.event.event {
                Event::Post(_, state) => keep_newest(&mut self.posts, version, state),
                Event::User(_, state) => keep_newest(&mut self.users, version, state),
                Event::Comment(_, state) => keep_newest(&mut self.comments, version, state),
                Event::Reaction(_, state) => keep_newest(&mut self.reactions, version, state),
                Event::Follow(_, state) => keep_newest(&mut self.follows, version, state),
                // Not visible to readers; posts and comments themselves contain what a verdict makes public.
                Event::DeadLetter(..) | Event::Verdict(..) | Event::Report(..) | Event::Ruleset(..) => {}
                // From a newer release, which will rebuild the model with it.
                Event::Unknown => {}
            }
        }
    }

    /// The texts of posts and comments, in bytes.
    pub fn bytes(&self) -> usize {
        let posts = self
            .posts
            .values()
            .filter_map(|newest| newest.state.content.as_ref());
        let comments = self
            .comments
            .values()
            .filter_map(|newest| newest.state.approved.as_ref());
        posts.map(|content| content.body.len()).sum::<usize>()
            + comments.map(|text| text.body.len()).sum::<usize>()
    }

    /// The versions in the batch, in the form of consistency tokens.
    pub fn versions(&self) -> Vec<String> {
        let mut versions = tokens(&self.posts);
        versions.extend(tokens(&self.users));
        versions.extend(tokens(&self.comments));
        versions.extend(tokens(&self.reactions));
        versions.extend(tokens(&self.follows));
        versions
    }
}

fn keep_newest<S: AggregateState>(newest: &mut ById<S>, version: i64, state: S) {
    let id = state.aggregate_id();
    if newest.get(&id).is_none_or(|known| known.version < version) {
        newest.insert(id, Versioned { version, state });
    }
}

fn tokens<S: AggregateState>(aggregates: &ById<S>) -> Vec<String> {
    let token = |(id, newest): (&String, &Versioned<S>)| {
        let version = u64::try_from(newest.version).unwrap_or_default();
        ConsistencyToken::new(S::KIND, id, version).to_string()
    };
    aggregates.iter().map(token).collect()
}
