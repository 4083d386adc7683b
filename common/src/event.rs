//! The events of the platform: every type, state and wire form, and nothing else.
//!
//! This module and [`ids`](crate::ids) are the contract between services and with tools, so they use no other
//! part of this crate and no database, bus, web or runtime library (`cargo xtask arch` enforces it).
//!
//! An event carries its aggregate's **whole public state** and version. A consumer therefore applies what is
//! newer than what it holds and ignores the rest; order, gaps and duplicates need no handling of their own.

pub mod asyncapi;
pub mod catalogue;
mod decode;
#[macro_use]
mod define;
mod encode;
pub mod examples;
pub mod fields;
mod moderation;
mod percent;
pub mod permissions;
mod registry;
mod resync;
mod state;
mod time;
pub mod topology;

pub use decode::{DecodeError, Headers, Received, decode, decode_as};
#[doc(hidden)]
pub use define::generate as generate_schema;
pub use define::{EventSet, Kind};
#[doc(hidden)]
pub use define::{EventType as EventTypeOf, body as decode_body};
pub use encode::{EncodeError, Envelope, WireMessage, encode, encode_as};
pub use moderation::{
    DecidedBy, Outcome, ReportState, ReportStatus, RuleSummary, RulesetState, Target, TargetKind,
    VerdictState,
};
pub use percent::decode as decode_header;
pub use registry::{
    AggregateKind, AggregateState, CommentFact, DeadLetterFact, Event, EventType, FollowFact, PostFact,
    ReactionFact, ReportFact, RulesetFact, UserFact, VerdictFact, event_type, event_types,
};
pub use resync::ResyncReply;
pub use state::{
    ApprovedText, CommentState, CommentStatus, DeadLetterState, FollowState, PostContent, PostState,
    PostStatus, ReactionKind, ReactionState, Role, UserProfile, UserState,
};
pub use time::Timestamp;
pub use topology::{DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECT_PREFIX, LIVE_SUBJECT_PREFIX, resync_subject};

/// The stream of all business events, a totally ordered log.
pub const STREAM: &str = "BLOG";

/// Prefix of the subjects of business events: `blog.evt.<aggregate>.<aggregate id>.<fact>`.
pub const SUBJECT_PREFIX: &str = "blog.evt";

/// Names of the headers: CloudEvents 1.0 over NATS in binary mode, its extensions, and W3C trace context.
///
/// Source: CloudEvents "NATS Protocol Binding" 1.0.2, section 3.1; "Distributed Tracing" extension.
pub mod header {
    /// CloudEvents version, always `1.0`.
    pub const SPEC_VERSION: &str = "ce-specversion";
    /// The event's id, a UUIDv7.
    pub const ID: &str = "ce-id";
    /// The event's type, e.g. `blog.post.published.v1`.
    pub const TYPE: &str = "ce-type";
    /// The service that published it, e.g. `/inkstream/posts`.
    pub const SOURCE: &str = "ce-source";
    /// The aggregate's id.
    pub const SUBJECT: &str = "ce-subject";
    /// When it was committed, RFC 3339 in UTC.
    pub const TIME: &str = "ce-time";
    /// Always `application/json`.
    pub const DATA_CONTENT_TYPE: &str = "ce-datacontenttype";
    /// URN of the JSON Schema of the body.
    pub const DATA_SCHEMA: &str = "ce-dataschema";
    /// The aggregate's version after this event, from 1.
    pub const AGGREGATE_VERSION: &str = "ce-aggregateversion";
    /// Identifies everything that results from one request.
    pub const CORRELATION_ID: &str = "ce-correlationid";
    /// The id of the event that caused this one; absent if a request did.
    pub const CAUSATION_ID: &str = "ce-causationid";
    /// The actor: `user:<id>` or `service:<name>`.
    pub const ACTOR: &str = "ce-actor";
    /// W3C trace context of the request that caused it.
    pub const TRACEPARENT: &str = "traceparent";
    /// JetStream's deduplication key, equal to `ce-id`.
    pub const MESSAGE_ID: &str = "Nats-Msg-Id";
}

/// Headers that a dead letter has besides those of the message it wraps.
pub mod dead_letter_header {
    /// The consumer that could not process it.
    pub const CONSUMER: &str = "Inkstream-Consumer";
    /// The reason.
    pub const REASON: &str = "Inkstream-Reason";
    /// Its subject in the log.
    pub const SUBJECT: &str = "Inkstream-Subject";
    /// Its sequence in the log.
    pub const SEQUENCE: &str = "Inkstream-Sequence";
    /// The number of attempts.
    pub const ATTEMPTS: &str = "Inkstream-Attempts";
    /// `true` if the body was too large to be included; the log still has it.
    pub const TRUNCATED: &str = "Inkstream-Truncated";
    /// On a message of the log: it was published again for this consumer only; all others skip it.
    pub const REDRIVE: &str = "Inkstream-Redrive";
}
