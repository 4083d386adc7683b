//! Random histories of a small blog: few aggregates with many related changes.

use std::{collections::HashMap, time::Duration};

use common::{
    event::{
        ApprovedText, CommentFact, CommentState, CommentStatus, DecidedBy, Envelope, Event, FollowFact,
        FollowState, Outcome, PostContent, PostFact, PostState, PostStatus, ReactionFact, ReactionKind,
        ReactionState, Received, Role, Timestamp, UserFact, UserProfile, UserState, VerdictFact,
        VerdictState,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use proptest::prelude::*;
use uuid::Uuid;

/// One change of one aggregate.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    User {
        user: u8,
        name: u8,
        deleted: bool,
    },
    Post {
        post: u8,
        title: u8,
        tags: u8,
        status: u8,
    },
    Comment {
        comment: u8,
        text: u8,
        status: u8,
    },
    Reaction {
        post: u8,
        user: u8,
        active: bool,
    },
    Follow {
        follower: u8,
        followee: u8,
        active: bool,
    },
    /// Ignored by the model: comments and posts themselves contain the result of a verdict.
    Verdict {
        comment: u8,
        outcome: u8,
    },
}

pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..3u8, 0..9u8, prop::bool::weighted(0.1)).prop_map(|(user, name, deleted)| Change::User {
            user,
            name,
            deleted
        }),
        (0..4u8, 0..9u8, 0..16u8, 0..6u8).prop_map(|(post, title, tags, status)| Change::Post {
            post,
            title,
            tags,
            status
        }),
        (0..6u8, 0..9u8, 0..5u8).prop_map(|(comment, text, status)| Change::Comment {
            comment,
            text,
            status
        }),
        (0..4u8, 0..3u8, any::<bool>()).prop_map(|(post, user, active)| Change::Reaction {
            post,
            user,
            active
        }),
        (0..3u8, 0..3u8, any::<bool>()).prop_map(|(follower, followee, active)| Change::Follow {
            follower,
            followee,
            active
        }),
        (0..6u8, 0..3u8).prop_map(|(comment, outcome)| Change::Verdict { comment, outcome }),
    ]
}

/// The events of `changes` in order.
pub fn events(changes: &[Change]) -> Vec<Received> {
    let mut versions: HashMap<String, u64> = HashMap::new();
    changes
        .iter()
        .map(|change| {
            let event = event(*change);
            let id = event.aggregate_id().unwrap();
            // A verdict has the id of its target.
            let kind = event.event_type().unwrap().aggregate;
            let version = versions.entry(format!("{kind:?} {id}")).or_default();
            *version += 1;
            received(event, *version)
        })
        .collect()
}

pub fn received(event: Event, version: u64) -> Received {
    let envelope = Envelope {
        id: EventId::generate(),
        service: "test".to_owned(),
        time: at(0),
        aggregate_version: version,
        correlation_id: "test".to_owned(),
        causation_id: None,
        actor: "service:test".to_owned(),
        traceparent: None,
    };
    Received {
        type_name: event.event_type().unwrap().name.to_owned(),
        aggregate_id: event.aggregate_id().unwrap(),
        envelope,
        event,
    }
}

fn at(second: u8) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + i64::from(second) * 1000).unwrap()
}

fn uuid(kind: u128, number: u8) -> Uuid {
    Uuid::from_u128(kind << 64 | u128::from(number))
}

pub fn user_id(number: u8) -> UserId {
    UserId::from_uuid(uuid(1, number))
}

pub fn post_id(number: u8) -> PostId {
    PostId::from_uuid(uuid(2, number))
}

pub fn comment_id(number: u8) -> CommentId {
    CommentId::from_uuid(uuid(3, number))
}

pub fn event(change: Change) -> Event {
    match change {
        Change::User { user, name, deleted } => Event::User(
            UserFact::ProfileUpdated,
            UserState {
                id: user_id(user),
                role: Role::Author,
                profile: (!deleted).then(|| UserProfile {
                    username: format!("User-{user}-{name}"),
                    name: format!("Name {name}"),
                    bio: String::new(),
                }),
                created_at: at(user),
            },
        ),
        Change::Post {
            post,
            title,
            tags,
            status,
        } => {
            let state = post_state(post, title, tags, status);
            let fact = match state.status {
                PostStatus::Draft | PostStatus::Unknown => PostFact::Unpublished,
                PostStatus::Published => PostFact::Published,
                PostStatus::Deleted => PostFact::Deleted,
            };
            Event::Post(fact, state)
        }
        Change::Comment {
            comment,
            text,
            status,
        } => {
            let state = comment_state(comment, text, status);
            let fact = match (state.status, &state.approved) {
                (CommentStatus::Pending, None) => CommentFact::Held,
                (CommentStatus::Pending | CommentStatus::Unknown, _) => CommentFact::Edited,
                (CommentStatus::Approved, _) => CommentFact::Approved,
                (CommentStatus::Rejected, _) => CommentFact::Rejected,
                (CommentStatus::Deleted, _) => CommentFact::Deleted,
            };
            Event::Comment(fact, state)
        }
        Change::Verdict { comment, outcome } => verdict(comment, outcome),
        Change::Reaction { post, user, active } => Event::Reaction(
            ReactionFact::Added,
            ReactionState {
                post_id: post_id(post),
                user_id: user_id(user),
                kind: ReactionKind::Like,
                active,
                changed_at: at(0),
            },
        ),
        Change::Follow {
            follower,
            followee,
            active,
        } => Event::Follow(
            FollowFact::Followed,
            FollowState {
                follower_id: user_id(follower),
                followee_id: user_id(followee),
                active,
                changed_at: at(u8::from(active)),
            },
        ),
    }
}

fn verdict(comment: u8, outcome: u8) -> Event {
    let (fact, outcome) = match outcome {
        0 => (VerdictFact::Approved, Outcome::Approved),
        1 => (VerdictFact::Rejected, Outcome::Rejected),
        _ => (VerdictFact::Flagged, Outcome::Flagged),
    };
    let state = VerdictState {
        target: comment_id(comment).into(),
        revision: 1,
        outcome,
        reason: None,
        note: None,
        decided_by: DecidedBy::Rules,
        rules_revision: 1,
        decided_at: at(0),
    };
    Event::Verdict(fact, state)
}

pub fn post_state(post: u8, title: u8, tags: u8, status: u8) -> PostState {
    let status = match status {
        0 => PostStatus::Draft,
        1 => PostStatus::Deleted,
        _ => PostStatus::Published,
    };
    let tag = |bit: u8| (tags & (1 << bit) != 0).then(|| format!("tag-{bit}"));
    let content = (status == PostStatus::Published).then(|| PostContent {
        title: format!("Title {title}"),
        body: format!("# Heading\n\nSome *text* {title} with `code`."),
        summary: None,
        tags: (0..4).filter_map(tag).collect(),
        cover: None,
        language: None,
    });
    PostState {
        id: post_id(post),
        author_id: user_id(post % 3),
        status,
        slug: Some(format!("title-{title}-{post}")),
        former_slugs: Vec::new(),
        content,
        created_at: at(post),
        updated_at: at(title),
        // From the fourth title on in another month.
        published_at: Some(at(post).plus(Duration::from_secs(u64::from(title / 3) * 31 * 24 * 3600))),
    }
}

pub fn comment_state(comment: u8, text: u8, status: u8) -> CommentState {
    let (status, approved) = match status {
        0 => (CommentStatus::Pending, false),
        1 => (CommentStatus::Pending, true),
        2 => (CommentStatus::Rejected, false),
        3 => (CommentStatus::Deleted, false),
        _ => (CommentStatus::Approved, true),
    };
    CommentState {
        id: comment_id(comment),
        post_id: post_id(comment % 4),
        parent_id: (comment >= 4).then(|| comment_id(comment - 4)),
        author_id: Some(user_id(comment % 3)),
        status,
        revision: u32::from(text) + 1,
        body: (status != CommentStatus::Deleted).then(|| format!("secret {text}")),
        approved: approved.then(|| ApprovedText {
            revision: 1,
            body: format!("*words* {text}"),
        }),
        reason: None,
        created_at: at(comment),
        edited_at: None,
    }
}
