//! A short story with the same ids and times in every run, which the documentation shows.

use async_nats::HeaderMap;
use common::{
    event::{
        ApprovedText, CommentFact, CommentState, CommentStatus, Envelope, Event, PostContent, PostFact,
        PostState, PostStatus, ReactionFact, ReactionKind, ReactionState, Role, Timestamp, UserFact,
        UserProfile, UserState, encode,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use runtime::bus::Bus;
use uuid::Uuid;

/// An id that contains its number.
pub fn uuid(kind: u16, number: u16) -> Uuid {
    Uuid::from_u128(0x0198_f000_0000_7000_8000_0000_0000_0000 | u128::from(kind) << 32 | u128::from(number))
}

pub fn ann() -> UserId {
    UserId::from_uuid(uuid(0xa, 1))
}

pub fn bob() -> UserId {
    UserId::from_uuid(uuid(0xa, 2))
}

pub fn post() -> PostId {
    PostId::from_uuid(uuid(0xb, 1))
}

pub fn comment() -> CommentId {
    CommentId::from_uuid(uuid(0xc, 1))
}

/// The id of event `number` of the story, from 1.
pub fn event_id(number: u16) -> EventId {
    EventId::from_uuid(uuid(0xe, number))
}

/// `second` seconds after noon.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_767_268_800_000 + second * 1000 + 125).unwrap()
}

/// An event of the story.
pub struct StoryEvent {
    pub event: Event,
    pub service: &'static str,
    pub version: u64,
    pub correlation: &'static str,
    pub caused_by: Option<u16>,
    pub actor: String,
}

/// The story: Ann signs up and publishes, Bob signs up, comments and likes, Ann changes the title.
pub fn story() -> Vec<StoryEvent> {
    let story_event = |event, service, version, correlation, caused_by, actor: &UserId| StoryEvent {
        event,
        service,
        version,
        correlation,
        caused_by,
        actor: format!("user:{actor}"),
    };
    let (ann, bob) = (ann(), bob());
    vec![
        story_event(user(ann, "ann", 0), "auth", 1, "signup-ann", None, &ann),
        story_event(draft(1), "posts", 1, "new-post", None, &ann),
        story_event(published(2, "Hello, events"), "posts", 2, "publish", None, &ann),
        story_event(user(bob, "bob", 60), "auth", 1, "signup-bob", None, &bob),
        story_event(commented(61), "comments", 1, "comment", None, &bob),
        StoryEvent {
            actor: "service:moderation".to_owned(),
            ..story_event(approved(62), "comments", 2, "comment", Some(5), &bob)
        },
        story_event(liked(75), "posts", 1, "like", None, &bob),
        story_event(
            published(90, "Hello, whole world"),
            "posts",
            3,
            "rename",
            None,
            &ann,
        ),
    ]
}

/// The time of event `number` of the story.
pub fn moment(number: usize) -> Timestamp {
    at([0, 1, 2, 60, 61, 62, 75, 90][(number - 1) % 8])
}

/// Publishes the story on `bus`.
pub async fn publish_story(bus: &Bus) {
    for (index, story_event) in story().into_iter().enumerate() {
        let number = u16::try_from(index + 1).unwrap();
        let envelope = Envelope {
            id: event_id(number),
            service: story_event.service.to_owned(),
            time: moment(index + 1),
            aggregate_version: story_event.version,
            correlation_id: story_event.correlation.to_owned(),
            causation_id: story_event.caused_by.map(event_id),
            actor: story_event.actor.clone(),
            traceparent: None,
        };
        publish(bus, &envelope, &story_event.event).await;
    }
}

/// Publishes one event.
pub async fn publish(bus: &Bus, envelope: &Envelope, event: &Event) {
    let message = encode(envelope, event).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    let js = bus.jetstream();
    let sent = js
        .publish_with_headers(message.subject, headers, message.payload)
        .await;
    sent.unwrap().await.unwrap();
}

/// Publishes arbitrary bytes.
pub async fn publish_raw(bus: &Bus, subject: &str, headers: &[(&str, &str)], body: &[u8]) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, *value);
    }
    let sent = bus
        .jetstream()
        .publish_with_headers(subject.to_owned(), map, body.to_vec().into());
    sent.await.unwrap().await.unwrap();
}

/// Publishes two messages that comments cannot decode, and their dead letters.
pub async fn file_dead_letters(bus: &Bus) {
    let post = post().to_string();
    let subject = format!("blog.evt.post.{post}.updated");
    let body = |tags: &str| {
        format!(
            r#"{{"id":"{post}","author_id":"{}","status":"published","slug":"hello","content":{{"title":"Hello","body":"","summary":null,"tags":{tags},"cover":null}},"created_at":"{}","updated_at":"{}","published_at":null}}"#,
            ann(),
            at(1),
            at(95)
        )
    };
    for (sequence, id, version, body, reason) in [
        (
            9,
            event_id(9),
            "4",
            body(r#""rust""#),
            "the body of `blog.post.updated.v1` cannot be read: content.tags: invalid type: string \"rust\", expected a sequence",
        ),
        (
            10,
            event_id(10),
            "0",
            body(r#"["rust"]"#),
            "header `ce-aggregateversion` holds `0`, which is not a version from 1 to 2^53",
        ),
    ] {
        let (id, sequence, time) = (id.to_string(), sequence.to_string(), at(95).to_string());
        let mut headers = vec![
            ("ce-id", id.as_str()),
            ("ce-type", "blog.post.updated.v1"),
            ("ce-source", "/inkstream/posts"),
            ("ce-subject", &post),
            ("ce-time", &time),
            ("ce-aggregateversion", version),
        ];
        publish_raw(bus, &subject, &headers, body.as_bytes()).await;
        headers.extend([
            ("Inkstream-Consumer", "comments-posts"),
            ("Inkstream-Reason", reason),
            ("Inkstream-Subject", &subject),
            ("Inkstream-Sequence", &sequence),
            ("Inkstream-Attempts", "1"),
        ]);
        publish_raw(bus, "blog.dlq.comments-posts", &headers, body.as_bytes()).await;
    }
}

fn user(id: UserId, username: &str, second: i64) -> Event {
    let state = UserState {
        id,
        role: Role::Author,
        profile: Some(UserProfile {
            username: username.to_owned(),
            name: username.to_owned(),
            bio: String::new(),
        }),
        created_at: at(second),
    };
    Event::User(UserFact::Registered, state)
}

fn draft(second: i64) -> Event {
    Event::Post(PostFact::Created, post_state(second, None))
}

fn published(second: i64, title: &str) -> Event {
    let fact = if second == 2 {
        PostFact::Published
    } else {
        PostFact::Updated
    };
    Event::Post(fact, post_state(second, Some(title)))
}

fn post_state(second: i64, title: Option<&str>) -> PostState {
    let slug = |title: &str| title.to_lowercase().replace(", ", "-").replace(' ', "-");
    PostState {
        id: post(),
        author_id: ann(),
        status: if title.is_some() {
            PostStatus::Published
        } else {
            PostStatus::Draft
        },
        slug: title.map(slug),
        former_slugs: if second > 2 {
            vec!["hello-events".to_owned()]
        } else {
            Vec::new()
        },
        content: title.map(|title| PostContent {
            title: title.to_owned(),
            body: "It *works*.".to_owned(),
            summary: None,
            tags: vec!["rust".to_owned(), "nats".to_owned()],
            cover: None,
        }),
        created_at: at(1),
        updated_at: at(second),
        published_at: title.map(|_| at(2)),
    }
}

fn commented(second: i64) -> Event {
    Event::Comment(
        CommentFact::Created,
        comment_state(second, CommentStatus::Pending),
    )
}

fn approved(second: i64) -> Event {
    Event::Comment(
        CommentFact::Approved,
        comment_state(second - 1, CommentStatus::Approved),
    )
}

fn comment_state(second: i64, status: CommentStatus) -> CommentState {
    CommentState {
        id: comment(),
        post_id: post(),
        parent_id: None,
        author_id: Some(bob()),
        status,
        revision: 1,
        body: Some("Nice!".to_owned()),
        approved: (status == CommentStatus::Approved).then(|| ApprovedText {
            revision: 1,
            body: "Nice!".to_owned(),
        }),
        reason: None,
        created_at: at(second),
        edited_at: None,
    }
}

fn liked(second: i64) -> Event {
    let state = ReactionState {
        post_id: post(),
        user_id: bob(),
        kind: ReactionKind::Like,
        active: true,
        changed_at: at(second),
    };
    Event::Reaction(ReactionFact::Added, state)
}
