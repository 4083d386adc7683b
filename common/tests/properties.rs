//! For every aggregate, whatever its state: what is written is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use common::{
    event::{
        AggregateKind, ApprovedText, CommentFact, CommentState, CommentStatus, DeadLetterFact,
        DeadLetterState, DecidedBy, DecodeError, Envelope, Event, FollowFact, FollowState, Outcome,
        PostContent, PostFact, PostState, PostStatus, ReactionFact, ReactionKind, ReactionState, Received,
        ReportFact, ReportState, ReportStatus, Role, RuleSummary, RulesetFact, RulesetState, Target,
        TargetKind, Timestamp, UserFact, UserProfile, UserState, VerdictFact, VerdictState, WireMessage,
        decode, encode,
    },
    ids::{CommentId, DeadLetterId, EventId, PostId, UserId, VerdictId},
};
use proptest::{option, prelude::*, sample::select};
use uuid::Uuid;

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn time() -> impl Strategy<Value = Timestamp> {
    // From 1970 to the year 9999.
    (0..253_402_300_799_999_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any::<String>(), 0..4)
}

prop_compose! {
    fn user()(
        id in uuid(), role in select(&[Role::Author, Role::Moderator, Role::Admin][..]), created_at in time(),
        profile in option::of(any::<[String; 3]>()),
    ) -> UserState {
        let profile = profile.map(|[username, name, bio]| UserProfile { username, name, bio });
        UserState { id: UserId::from_uuid(id), role, profile, created_at }
    }
}

prop_compose! {
    fn follow()(ids in [uuid(), uuid()], active: bool, changed_at in time()) -> FollowState {
        let [follower_id, followee_id] = ids.map(UserId::from_uuid);
        FollowState { follower_id, followee_id, active, changed_at }
    }
}

prop_compose! {
    fn content()(
        title: String, body: String, summary: Option<String>, tags in texts(), cover: Option<String>, language: Option<String>,
    ) -> PostContent {
        PostContent { title, body, summary, tags, cover, language }
    }
}

prop_compose! {
    fn post()(
        ids in [uuid(), uuid()], slug: Option<String>, former_slugs in texts(), content in option::of(content()),
        status in select(&[PostStatus::Draft, PostStatus::Published, PostStatus::Deleted][..]),
        created_at in time(), updated_at in time(), published_at in option::of(time()),
    ) -> PostState {
        let (id, author_id) = (PostId::from_uuid(ids[0]), UserId::from_uuid(ids[1]));
        PostState { id, author_id, status, slug, former_slugs, content, created_at, updated_at, published_at }
    }
}

prop_compose! {
    fn reaction()(ids in [uuid(), uuid()], active: bool, changed_at in time()) -> ReactionState {
        let (post_id, user_id) = (PostId::from_uuid(ids[0]), UserId::from_uuid(ids[1]));
        ReactionState { post_id, user_id, kind: ReactionKind::Like, active, changed_at }
    }
}

prop_compose! {
    fn comment()(
        ids in [uuid(), uuid()], parent in option::of(uuid()), author in option::of(uuid()), revision: u32,
        status in select(&[
            CommentStatus::Pending, CommentStatus::Approved, CommentStatus::Rejected, CommentStatus::Deleted,
        ][..]),
        body: Option<String>, approved in option::of((any::<u32>(), any::<String>())), reason: Option<String>,
        created_at in time(), edited_at in option::of(time()),
    ) -> CommentState {
        CommentState {
            id: CommentId::from_uuid(ids[0]),
            post_id: PostId::from_uuid(ids[1]),
            parent_id: parent.map(CommentId::from_uuid),
            author_id: author.map(UserId::from_uuid),
            status,
            revision,
            body,
            approved: approved.map(|(revision, body)| ApprovedText { revision, body }),
            reason,
            created_at,
            edited_at,
        }
    }
}

prop_compose! {
    fn target()(id in uuid(), kind in select(&[TargetKind::Comment, TargetKind::Post][..])) -> Target {
        Target { kind, id: VerdictId::from_uuid(id) }
    }
}

prop_compose! {
    fn verdict()(
        target in target(), revision: u64, rules_revision: u64,
        outcome in select(&[Outcome::Approved, Outcome::Rejected, Outcome::Flagged][..]),
        decided_by in select(&[DecidedBy::Rules, DecidedBy::Moderator][..]),
        reason: Option<String>, note: Option<String>, decided_at in time(),
    ) -> VerdictState {
        VerdictState { target, revision, outcome, reason, note, decided_by, rules_revision, decided_at }
    }
}

prop_compose! {
    fn report()(
        target in target(), revision: u64, reporter in uuid(), reason: String, filed_at in time(),
        status in select(&[
            ReportStatus::Open, ReportStatus::Upheld, ReportStatus::Dismissed, ReportStatus::Lapsed,
        ][..]),
        resolved_at in option::of(time()),
    ) -> ReportState {
        let reporter_id = UserId::from_uuid(reporter);
        ReportState { target, revision, reporter_id, reason, status, filed_at, resolved_at }
    }
}

prop_compose! {
    fn rule()(
        rule: String, name: Option<String>, action: String, entries: Option<u32>, threshold: Option<u32>,
    ) -> RuleSummary {
        RuleSummary { rule, name, action, entries, threshold }
    }
}

prop_compose! {
    fn ruleset()(
        revision: u64, rules in prop::collection::vec(rule(), 0..4), report_threshold: u32, note: Option<String>,
        changed_at in time(),
    ) -> RulesetState {
        RulesetState { revision, rules, report_threshold, note, changed_at }
    }
}

prop_compose! {
    fn dead_letter()(
        id in uuid(), event_id in option::of(uuid()), repaired_by in option::of(uuid()), consumer: String,
        subject: String, sequence: u64, reason: String, note: Option<String>, actor: String, at in time(),
    ) -> DeadLetterState {
        DeadLetterState {
            id: DeadLetterId::from_uuid(id),
            consumer,
            subject,
            sequence,
            event_id: event_id.map(EventId::from_uuid),
            repaired_by: repaired_by.map(EventId::from_uuid),
            reason,
            note,
            actor,
            at,
        }
    }
}

/// A kind that is not here does not compile.
fn event_of(kind: AggregateKind) -> BoxedStrategy<Event> {
    match kind {
        AggregateKind::User => (select(UserFact::ALL), user())
            .prop_map(|(fact, state)| Event::User(fact, state))
            .boxed(),
        AggregateKind::Follow => (select(FollowFact::ALL), follow())
            .prop_map(|(fact, state)| Event::Follow(fact, state))
            .boxed(),
        AggregateKind::Post => (select(PostFact::ALL), post())
            .prop_map(|(fact, state)| Event::Post(fact, state))
            .boxed(),
        AggregateKind::Reaction => (select(ReactionFact::ALL), reaction())
            .prop_map(|(fact, state)| Event::Reaction(fact, state))
            .boxed(),
        AggregateKind::Comment => (select(CommentFact::ALL), comment())
            .prop_map(|(fact, state)| Event::Comment(fact, state))
            .boxed(),
        AggregateKind::Verdict => (select(VerdictFact::ALL), verdict())
            .prop_map(|(fact, state)| Event::Verdict(fact, state))
            .boxed(),
        AggregateKind::Report => (select(ReportFact::ALL), report())
            .prop_map(|(fact, state)| Event::Report(fact, state))
            .boxed(),
        AggregateKind::Ruleset => (select(RulesetFact::ALL), ruleset())
            .prop_map(|(fact, state)| Event::Ruleset(fact, state))
            .boxed(),
        AggregateKind::DeadLetter => (select(DeadLetterFact::ALL), dead_letter())
            .prop_map(|(fact, state)| Event::DeadLetter(fact, state))
            .boxed(),
    }
}

fn event() -> impl Strategy<Value = Event> {
    select(AggregateKind::ALL).prop_flat_map(event_of)
}

prop_compose! {
    fn envelope()(
        id in uuid(), service in "[a-z]{1,12}", time in time(), aggregate_version in 1..=(1_u64 << 53),
        correlation_id: String, causation in option::of(uuid()), actor: String, traceparent: Option<String>,
    ) -> Envelope {
        Envelope {
            id: EventId::from_uuid(id),
            service,
            time,
            aggregate_version,
            correlation_id,
            causation_id: causation.map(EventId::from_uuid),
            actor,
            traceparent,
        }
    }
}

fn decoded(message: &WireMessage) -> Result<Received, DecodeError> {
    decode(&message.subject, message.headers.as_slice(), &message.payload)
}

proptest! {
    #[test]
    fn what_is_written_is_read(envelope in envelope(), event in event()) {
        let message = encode(&envelope, &event).unwrap();
        prop_assert!(message.headers.iter().all(|(_, value)| value.bytes().all(|byte| (0x21..0x7f).contains(&byte))));
        let received = decoded(&message).unwrap();
        prop_assert_eq!(received.envelope, envelope);
        prop_assert_eq!(received.aggregate_id, event.aggregate_id().unwrap());
        prop_assert_eq!(received.event, event);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(subject: String, headers: Vec<(String, String)>, payload: Vec<u8>) {
        let _ = decode(&subject, headers.as_slice(), &payload);
    }

    /// Broken in one place, a message is an event or has a reason; it never brings a reader down.
    #[test]
    fn no_damage_makes_the_decoder_panic(
        envelope in envelope(), event in event(), at: prop::sample::Index, byte: u8, header: prop::sample::Index, value: String,
    ) {
        let mut message = encode(&envelope, &event).unwrap();
        let mut body = message.payload.to_vec();
        let at = at.index(body.len());
        body[at] = byte;
        message.payload = body.into();
        let header = header.index(message.headers.len());
        message.headers[header].1 = value;
        if let Err(error) = decoded(&message) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
