//! The event contract: what is written is read, what is new is passed over, what is broken is named.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use common::{
    event::{
        DecodeError, EncodeError, Envelope, Event, PostContent, PostFact, PostState, PostStatus, Timestamp,
        WireMessage, decode, encode, header,
    },
    ids::{EventId, PostId, UserId},
};

fn decoded(message: &WireMessage) -> Result<common::event::Received, DecodeError> {
    decode(&message.subject, message.headers.as_slice(), &message.payload)
}

fn envelope() -> Envelope {
    Envelope {
        id: EventId::generate(),
        service: "posts".to_owned(),
        time: Timestamp::now(),
        aggregate_version: 3,
        correlation_id: "request 7 %".to_owned(),
        causation_id: None,
        actor: format!("user:{}", UserId::generate()),
        traceparent: None,
    }
}

fn post() -> PostState {
    PostState {
        id: PostId::generate(),
        author_id: UserId::generate(),
        status: PostStatus::Published,
        slug: Some("hello".to_owned()),
        former_slugs: vec!["hallo".to_owned()],
        content: Some(PostContent {
            title: "Hello".to_owned(),
            body: "*hi*".to_owned(),
            summary: None,
            tags: vec!["rust".to_owned()],
            cover: None,
            language: None,
        }),
        created_at: Timestamp::now(),
        updated_at: Timestamp::now(),
        published_at: None,
    }
}

fn message() -> WireMessage {
    encode(&envelope(), &Event::Post(PostFact::Published, post())).unwrap()
}

fn set(message: &mut WireMessage, name: &str, value: &str) {
    message.headers.retain(|(header, _)| header != name);
    message.headers.push((name.to_owned(), value.to_owned()));
}

fn with_body(mut change: impl FnMut(&mut serde_json::Value)) -> WireMessage {
    let mut message = message();
    let mut body = serde_json::from_slice(&message.payload).unwrap();
    change(&mut body);
    message.payload = serde_json::to_vec(&body).unwrap().into();
    message
}

#[test]
fn the_wire_form_is_what_the_specification_says() {
    let (envelope, post) = (envelope(), post());
    let message = encode(&envelope, &Event::Post(PostFact::Published, post.clone())).unwrap();

    assert_eq!(message.subject, format!("blog.evt.post.{}.published", post.id));
    let get = |name: &str| {
        message
            .headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(get("ce-specversion"), Some("1.0"));
    assert_eq!(get("ce-type"), Some("blog.post.published.v2"));
    assert_eq!(get("ce-source"), Some("/inkstream/posts"));
    assert_eq!(get("ce-subject"), Some(post.id.to_string().as_str()));
    assert_eq!(get("ce-datacontenttype"), Some("application/json"));
    assert_eq!(
        get("ce-dataschema"),
        Some("urn:inkstream:schema:blog.post.published.v2")
    );
    assert_eq!(get("ce-aggregateversion"), Some("3"));
    assert_eq!(get("ce-correlationid"), Some("request%207%20%25"));
    assert_eq!(get("Nats-Msg-Id"), Some(envelope.id.to_string().as_str()));
    assert_eq!(get("ce-id"), get("Nats-Msg-Id"));
    assert_eq!(get("ce-causationid"), None);
}

#[test]
fn an_older_reader_goes_on_when_it_meets_something_newer() {
    let unknown_field = with_body(|body| body["mood"] = "sunny".into());
    assert!(matches!(decoded(&unknown_field).unwrap().event, Event::Post(..)));

    let unknown_value = with_body(|body| body["status"] = "embargoed".into());
    let Event::Post(_, state) = decoded(&unknown_value).unwrap().event else {
        panic!("not a post")
    };
    assert_eq!(state.status, PostStatus::Unknown);

    let mut unknown_type = message();
    set(&mut unknown_type, header::TYPE, "blog.post.pinned.v1");
    unknown_type.subject = unknown_type.subject.replace("published", "pinned");
    let received = decoded(&unknown_type).unwrap();
    assert_eq!(
        (received.event, received.type_name.as_str()),
        (Event::Unknown, "blog.post.pinned.v1")
    );
}

#[test]
fn what_is_broken_is_named() {
    let reason = |message: &WireMessage| decoded(message).unwrap_err().to_string();

    for name in [
        header::ID,
        header::TYPE,
        header::SUBJECT,
        header::SOURCE,
        header::TIME,
        header::AGGREGATE_VERSION,
    ] {
        let mut missing = message();
        missing.headers.retain(|(header, _)| header != name);
        assert_eq!(reason(&missing), format!("header `{name}` is missing"));
    }
    for (name, value) in [
        (header::ID, "7"),
        (header::TIME, "yesterday"),
        (header::AGGREGATE_VERSION, "0"),
        (header::AGGREGATE_VERSION, "-1"),
        (header::AGGREGATE_VERSION, "18446744073709551615"),
        (header::CAUSATION_ID, "the wind"),
        (header::ACTOR, "%ff"),
    ] {
        let mut bad = message();
        set(&mut bad, name, value);
        assert!(
            reason(&bad).starts_with(&format!("header `{name}` holds `{value}`")),
            "{}",
            reason(&bad)
        );
    }
    let wrong_type = with_body(|body| body["content"]["tags"] = "rust".into());
    assert!(
        reason(&wrong_type).contains("content.tags"),
        "{}",
        reason(&wrong_type)
    );

    let mut elsewhere = message();
    elsewhere.subject = format!("blog.evt.post.{}.published", PostId::generate());
    assert!(matches!(
        decoded(&elsewhere),
        Err(DecodeError::SubjectMismatch { .. })
    ));
    let another_body = with_body(|body| body["id"] = PostId::generate().to_string().into());
    assert!(matches!(
        decoded(&another_body),
        Err(DecodeError::SubjectMismatch { .. })
    ));
}

#[test]
fn what_cannot_be_in_the_log_is_not_written() {
    let refused = |envelope: &Envelope, event| encode(envelope, &event).unwrap_err();

    assert!(matches!(
        refused(&envelope(), Event::Unknown),
        EncodeError::UnknownType
    ));
    let zero = Envelope {
        aggregate_version: 0,
        ..envelope()
    };
    assert!(matches!(
        refused(&zero, Event::Post(PostFact::Created, post())),
        EncodeError::VersionZero
    ));
    let mut long = post();
    long.content.as_mut().unwrap().body = "\u{1}".repeat(256 * 1024);
    let error = refused(&envelope(), Event::Post(PostFact::Updated, long));
    assert!(
        matches!(error, EncodeError::TooLarge { bytes } if bytes > 1_500_000),
        "{error}"
    );
}
