//! A batch folded to the newest event of each aggregate.

use std::collections::BTreeMap;

use common::event::{AggregateState, CommentState, Event, FollowState, PostState, ReactionState, UserState};
use runtime::bus::LogEntry;

/// A state and the version it has.
#[derive(Debug, Clone)]
pub struct Newest<S> {
    pub version: i64,
    pub state: S,
}

/// The newest event of each aggregate, by id.
pub type ById<S> = BTreeMap<String, Newest<S>>;

/// What a batch says in the end.
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
        for entry in entries {
            let version = i64::try_from(entry.event.envelope.aggregate_version).unwrap_or(i64::MAX);
            match entry.event.event {
                Event::Post(_, state) => keep(&mut folded.posts, version, state),
                Event::User(_, state) => keep(&mut folded.users, version, state),
                Event::Comment(_, state) => keep(&mut folded.comments, version, state),
                Event::Reaction(_, state) => keep(&mut folded.reactions, version, state),
                Event::Follow(_, state) => keep(&mut folded.follows, version, state),
                // What operators did about dead letters is nothing that readers see.
                Event::DeadLetter(..) => {}
                // Comments and posts themselves say what of them is public.
                Event::Verdict(..) | Event::Report(..) | Event::Ruleset(..) => {}
                // Of a newer release, whose own projection will read it when it builds its model.
                Event::Unknown => {}
            }
        }
        folded
    }
}

fn keep<S: AggregateState>(newest: &mut ById<S>, version: i64, state: S) {
    let id = state.aggregate_id();
    if newest.get(&id).is_none_or(|present| present.version < version) {
        newest.insert(id, Newest { version, state });
    }
}
