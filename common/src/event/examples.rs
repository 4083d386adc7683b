//! One example of every current event type: for the catalogue, the tools and the first golden file of a type.
//!
//! Their users are the author Ann (`…a1`), the commenter Ben (`…b2`), and a moderator (`…c7`).

mod fixtures;
mod moderation;

use self::fixtures::{ANN, ANSWERED, BEN, CAUSE, COMMENT, EVENT, MODERATOR, POST, id, time};
use super::{
    AggregateKind, ApprovedText, CommentFact, CommentState, CommentStatus, DeadLetterFact, DeadLetterState,
    EncodeError, Envelope, Event, EventType, FollowFact, FollowState, PostContent, PostFact, PostState,
    PostStatus, ReactionFact, ReactionKind, ReactionState, ReportFact, Role, RulesetFact, UserFact,
    UserProfile, UserState, VerdictFact, WireMessage, encode,
};
use crate::ids::DeadLetterId;

/// An example of each current type, in the registry's order.
pub fn events() -> Vec<Event> {
    let user = UserFact::ALL.iter().map(|&fact| Event::User(fact, user(fact)));
    let follow = FollowFact::ALL
        .iter()
        .map(|&fact| Event::Follow(fact, follow(fact)));
    let post = PostFact::ALL.iter().map(|&fact| Event::Post(fact, post(fact)));
    let reaction = ReactionFact::ALL
        .iter()
        .map(|&fact| Event::Reaction(fact, reaction(fact)));
    let comment = CommentFact::ALL
        .iter()
        .map(|&fact| Event::Comment(fact, comment(fact)));
    let verdict = VerdictFact::ALL
        .iter()
        .map(|&fact| Event::Verdict(fact, moderation::verdict(fact)));
    let report = ReportFact::ALL
        .iter()
        .map(|&fact| Event::Report(fact, moderation::report(fact)));
    let ruleset = RulesetFact::ALL
        .iter()
        .map(|&fact| Event::Ruleset(fact, moderation::ruleset(fact)));
    let dead_letter = DeadLetterFact::ALL
        .iter()
        .map(|&fact| Event::DeadLetter(fact, dead_letter(fact)));
    user.chain(follow)
        .chain(post)
        .chain(reaction)
        .chain(comment)
        .chain(verdict)
        .chain(report)
        .chain(ruleset)
        .chain(dead_letter)
        .collect()
}

/// The example of `event_type` as a message; `None` for a superseded version.
///
/// # Errors
/// None: a test encodes every example.
pub fn message(event_type: &EventType) -> Option<Result<WireMessage, EncodeError>> {
    let event = events().into_iter().find(|event| {
        event
            .event_type()
            .is_some_and(|found| found.name == event_type.name)
    })?;
    Some(encode(&envelope(event_type, &event), &event))
}

fn envelope(event_type: &EventType, event: &Event) -> Envelope {
    let owner = event_type.aggregate.owner();
    // The actor is a user, except where a service reacts to another event.
    let by_service = matches!(
        event,
        Event::Comment(CommentFact::Approved, _)
            | Event::Verdict(VerdictFact::Approved | VerdictFact::Flagged, _)
    );
    let actor = match event_type.aggregate {
        AggregateKind::User | AggregateKind::Post | AggregateKind::Report => format!("user:{ANN}"),
        AggregateKind::Verdict | AggregateKind::Ruleset => format!("user:{MODERATOR}"),
        AggregateKind::DeadLetter => "operator:olga".to_owned(),
        _ => format!("user:{BEN}"),
    };
    Envelope {
        id: EVENT,
        service: owner.to_owned(),
        time: time(60),
        aggregate_version: 1 + u64::from(event_type.fact != events_begin(event_type)),
        correlation_id: "0b9d1c5e-request".to_owned(),
        causation_id: by_service.then_some(CAUSE),
        actor: if by_service {
            format!("service:{owner}")
        } else {
            actor
        },
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
    }
}

/// The first fact of an aggregate.
fn events_begin(event_type: &EventType) -> &'static str {
    match event_type.aggregate {
        AggregateKind::User => UserFact::Registered.name(),
        AggregateKind::Follow => FollowFact::Followed.name(),
        AggregateKind::Post => PostFact::Created.name(),
        AggregateKind::Reaction => ReactionFact::Added.name(),
        AggregateKind::Comment => CommentFact::Created.name(),
        // The first verdict of a text may be any.
        AggregateKind::Verdict => VerdictFact::Approved.name(),
        AggregateKind::Report => ReportFact::Filed.name(),
        AggregateKind::Ruleset => RulesetFact::Changed.name(),
        // A dead letter has a single event.
        AggregateKind::DeadLetter => event_type.fact,
    }
}

fn user(fact: UserFact) -> UserState {
    let profile = |bio: &str| {
        Some(UserProfile {
            username: "ann".to_owned(),
            name: "Ann Example".to_owned(),
            bio: bio.to_owned(),
        })
    };
    let (role, profile) = match fact {
        UserFact::Registered => (Role::Author, profile("")),
        UserFact::ProfileUpdated => (Role::Author, profile("Writes about rivers.")),
        UserFact::RoleChanged => (Role::Moderator, profile("Writes about rivers.")),
        UserFact::Deleted => (Role::Author, None),
    };
    UserState {
        id: ANN,
        role,
        profile,
        created_at: time(0),
    }
}

fn follow(fact: FollowFact) -> FollowState {
    FollowState {
        follower_id: BEN,
        followee_id: ANN,
        active: match fact {
            FollowFact::Followed => true,
            FollowFact::Unfollowed => false,
        },
        changed_at: time(60),
    }
}

fn post(fact: PostFact) -> PostState {
    let status = match fact {
        PostFact::Created | PostFact::Unpublished => PostStatus::Draft,
        PostFact::Updated | PostFact::Published => PostStatus::Published,
        PostFact::Deleted => PostStatus::Deleted,
    };
    let is_public = status == PostStatus::Published;
    let was_public = fact != PostFact::Created;
    PostState {
        id: POST,
        author_id: ANN,
        status,
        slug: was_public.then(|| "where-rivers-begin".to_owned()),
        former_slugs: match fact {
            PostFact::Updated => vec!["rivers".to_owned()],
            _ => Vec::new(),
        },
        content: is_public.then(|| PostContent {
            title: "Where rivers begin".to_owned(),
            body: "At a *spring*, mostly.".to_owned(),
            summary: Some("A short walk uphill.".to_owned()),
            tags: vec!["nature".to_owned(), "rivers".to_owned()],
            cover: None,
        }),
        created_at: time(0),
        updated_at: time(60),
        published_at: was_public.then(|| time(30)),
    }
}

fn reaction(fact: ReactionFact) -> ReactionState {
    ReactionState {
        post_id: POST,
        user_id: BEN,
        kind: ReactionKind::Like,
        active: match fact {
            ReactionFact::Added => true,
            ReactionFact::Removed => false,
        },
        changed_at: time(60),
    }
}

fn comment(fact: CommentFact) -> CommentState {
    let (status, revision) = match fact {
        CommentFact::Created => (CommentStatus::Pending, 1),
        CommentFact::Edited => (CommentStatus::Pending, 2),
        CommentFact::Approved => (CommentStatus::Approved, 1),
        CommentFact::Rejected => (CommentStatus::Rejected, 2),
        CommentFact::Held => (CommentStatus::Pending, 1),
        CommentFact::Deleted => (CommentStatus::Deleted, 2),
    };
    let approved = ApprovedText {
        revision: 1,
        body: "Or in the **mountains**?".to_owned(),
    };
    CommentState {
        id: COMMENT,
        post_id: POST,
        parent_id: Some(ANSWERED),
        author_id: Some(BEN),
        status,
        revision,
        body: match (status, revision) {
            (CommentStatus::Deleted, _) => None,
            (_, 1) => Some(approved.body.clone()),
            _ => Some("Or up in the **mountains**?".to_owned()),
        },
        approved: match fact {
            CommentFact::Created | CommentFact::Held | CommentFact::Deleted => None,
            CommentFact::Edited | CommentFact::Approved | CommentFact::Rejected => Some(approved),
        },
        reason: match fact {
            CommentFact::Rejected => Some("off_topic".to_owned()),
            CommentFact::Held => Some("reported".to_owned()),
            _ => None,
        },
        created_at: time(0),
        edited_at: (revision > 1).then(|| time(45)),
    }
}

fn dead_letter(fact: DeadLetterFact) -> DeadLetterState {
    DeadLetterState {
        id: DeadLetterId::from_uuid(id(0xf6)),
        consumer: "comments-posts".to_owned(),
        subject: format!("{}.post.{POST}.published", super::SUBJECT_PREFIX),
        sequence: 7,
        event_id: Some(CAUSE),
        repaired_by: None,
        reason: "the database is full".to_owned(),
        note: match fact {
            DeadLetterFact::Redriven => None,
            DeadLetterFact::Discarded => Some("the post is gone".to_owned()),
        },
        actor: "olga".to_owned(),
        at: time(60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{decode, event_types};

    #[test]
    fn every_current_type_has_a_valid_example() {
        for event_type in event_types().iter().filter(|event_type| event_type.current) {
            let message = message(event_type).unwrap().unwrap();
            let received = decode(&message.subject, message.headers.as_slice(), &message.payload).unwrap();
            assert_eq!(received.type_name, event_type.name);
        }
        assert_eq!(time(0).to_string(), "2026-01-31T12:00:00.000Z");
    }
}
