//! Who publishes and who consumes what: streams, buckets, durable consumers and services, each named once.
//!
//! The services take their consumers' names and subjects from here, the provisioning its streams and buckets, and
//! the permissions, the AsyncAPI document and the catalogue are derived from the same tables.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AggregateKind, EventType, STREAM, SUBJECT_PREFIX, Timestamp, event_types};

/// The stream of dead letters: `blog.dlq.<consumer>`.
pub const DEAD_LETTER_STREAM: &str = "BLOG_DLQ";
/// Dead letters' subjects begin so.
pub const DEAD_LETTER_SUBJECT_PREFIX: &str = "blog.dlq";
/// Subjects of notes that may be lost: `blog.live.<service>`.
pub const LIVE_SUBJECT_PREFIX: &str = "blog.live";
/// Subjects on which a running service is asked to do something: `blog.cmd.<service>.<what>`.
pub const COMMAND_SUBJECT_PREFIX: &str = "blog.cmd";
/// Copies of events for tests and trials go here: no service listens.
pub const REPLAY_SUBJECT_PREFIX: &str = "replay";
/// Key-value bucket of the public keys: key id to JSON Web Key. ConsistencyHeaders by the auth service alone.
pub const KEYS_BUCKET: &str = "auth-keys";
/// Key-value bucket of ended sessions: session id to the RFC 3339 time when its tokens expire anyway.
/// ConsistencyHeaders by the auth service alone.
pub const REVOCATIONS_BUCKET: &str = "auth-revocations";

/// Key-value bucket of how far each projection has come: its name to a [`CheckpointNote`] in JSON. The databases that
/// hold the checkpoints themselves are nobody else's; this is what tools see of them.
pub const CHECKPOINTS_BUCKET: &str = "blog-checkpoints";

/// JetStream drops a second message of the same id for this long. Longer than any retry of the relay takes
/// while all is well; consumers need no deduplication, so this only keeps the log tidy.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// A stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The subject it captures: everything below this prefix.
    pub subject_prefix: &'static str,
    /// Whether a full stream refuses what is new; otherwise it drops what is old.
    pub discard_new: bool,
    /// Whether it takes atomic batches.
    pub atomic_batches: bool,
    /// A second message of the same `Nats-Msg-Id` is dropped for this long.
    pub duplicate_window: Duration,
}

/// The log: kept for ever, since a new projection is made by reading it from the start.
pub const LOG: StreamSpec = StreamSpec {
    name: STREAM,
    purpose: "Every business event of the platform, in one order",
    subject_prefix: SUBJECT_PREFIX,
    discard_new: true,
    atomic_batches: true,
    duplicate_window: DUPLICATE_WINDOW,
};

/// What could not be processed, until somebody redrives or discards it.
pub const DEAD_LETTERS: StreamSpec = StreamSpec {
    name: DEAD_LETTER_STREAM,
    purpose: "Events that a consumer could not process, with the reason",
    subject_prefix: DEAD_LETTER_SUBJECT_PREFIX,
    discard_new: false,
    atomic_batches: false,
    duplicate_window: DUPLICATE_WINDOW,
};

/// Every stream.
pub const STREAMS: &[StreamSpec] = &[LOG, DEAD_LETTERS];

/// A key-value bucket.
#[derive(Debug, Clone, Copy)]
pub struct BucketSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The service that alone writes it.
    pub writer: &'static str,
    /// Whether every service watches it; otherwise it is for tools.
    pub watched: bool,
    /// An entry is forgotten after this; `None`: never.
    pub max_age: Option<Duration>,
}

/// Every bucket.
pub const BUCKETS: &[BucketSpec] = &[
    BucketSpec {
        name: KEYS_BUCKET,
        purpose: "Public keys that session tokens are verified with",
        writer: "auth",
        watched: true,
        max_age: None,
    },
    BucketSpec {
        name: REVOCATIONS_BUCKET,
        purpose: "Sessions that were ended before their tokens expire",
        writer: "auth",
        watched: true,
        // A day more than the longest token lives.
        max_age: Some(Duration::from_secs(8 * 24 * 3600)),
    },
    BucketSpec {
        name: CHECKPOINTS_BUCKET,
        purpose: "How far each projection has come",
        writer: "query",
        watched: false,
        max_age: None,
    },
];

/// How far a projection has come, as it tells the bus from time to time in [`CHECKPOINTS_BUCKET`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointNote {
    /// The last sequence that was applied.
    pub sequence: u64,
    /// When the log was created, which tells it from one that replaced it.
    pub log_created: String,
    /// When this was told. A projection with nothing to do tells it about every ten seconds all the same.
    pub at: Timestamp,
}

/// A durable consumer of the log. Its name is for ever the same: the server remembers by it what was done.
#[derive(Debug, Clone, Copy)]
pub struct ConsumerSpec {
    /// `<service>-<what it follows>`.
    pub name: &'static str,
    /// The one subject, with wildcards, that it consumes.
    pub filter_subject: &'static str,
    /// What is done about it.
    pub purpose: &'static str,
}

impl ConsumerSpec {
    /// How long the server waits for a word before it delivers again, which is also how long the events that a killed
    /// process was working on wait for another.
    pub const ACK_WAIT: Duration = Duration::from_secs(10);
    /// The most events that are delivered and not acknowledged.
    pub const MAX_ACK_PENDING: u32 = 128;

    /// Whether events of this type reach it.
    pub fn consumes<E: super::EventSet>(&self, event_type: &EventType<E>) -> bool {
        subject_matches(self.filter_subject, &event_type.subject("id"))
    }
}

/// Keeps the replica of posts that comments are checked against.
pub const COMMENTS_POSTS: ConsumerSpec = ConsumerSpec {
    name: "comments-posts",
    filter_subject: "blog.evt.post.>",
    purpose: "keeps a replica of posts, to know what can be commented on",
};

/// Takes the names of people who left off their comments.
pub const COMMENTS_USERS: ConsumerSpec = ConsumerSpec {
    name: "comments-users",
    filter_subject: "blog.evt.user.*.deleted",
    purpose: "takes the name of a person who left off their comments",
};

/// Deletes the posts and reactions of people who left.
pub const POSTS_USERS: ConsumerSpec = ConsumerSpec {
    name: "posts-users",
    filter_subject: "blog.evt.user.*.deleted",
    purpose: "deletes the posts and reactions of a person who left",
};

/// Judges comments.
pub const MODERATION_COMMENTS: ConsumerSpec = ConsumerSpec {
    name: "moderation-comments",
    filter_subject: "blog.evt.comment.>",
    purpose: "judges each text of a comment by the rules",
};

/// Judges posts.
pub const MODERATION_POSTS: ConsumerSpec = ConsumerSpec {
    name: "moderation-posts",
    filter_subject: "blog.evt.post.>",
    purpose: "judges each text of a published post by the rules",
};

/// Keeps what the rules ask of authors.
pub const MODERATION_USERS: ConsumerSpec = ConsumerSpec {
    name: "moderation-users",
    filter_subject: "blog.evt.user.>",
    purpose: "keeps the age of accounts, and takes the words of a person who left off their reports",
};

/// Does to comments what was decided.
pub const COMMENTS_VERDICTS: ConsumerSpec = ConsumerSpec {
    name: "comments-verdicts",
    filter_subject: "blog.evt.verdict.>",
    purpose: "makes a comment public, or not, as was decided",
};

/// Does to posts what was decided.
pub const POSTS_VERDICTS: ConsumerSpec = ConsumerSpec {
    name: "posts-verdicts",
    filter_subject: "blog.evt.verdict.>",
    purpose: "takes a post down, or puts it up again, as was decided",
};

/// The name under which `query`'s projection files its dead letters.
pub const QUERY_PROJECTION: &str = "query";

/// What a service does on the bus, besides publishing the events of the aggregates it owns.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSpec {
    /// Its name, also that of its program, database and bus account.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Its durable consumers.
    pub consumers: &'static [ConsumerSpec],
    /// Its projection, which reads the whole log in order from a checkpoint of its own.
    pub projection: Option<&'static str>,
    /// Whether its replicas tell each other what changed, by notes on `blog.live.<service>`.
    pub live: bool,
}

/// Every service.
pub const SERVICES: &[ServiceSpec] = &[
    ServiceSpec {
        name: "auth",
        purpose: "accounts, sessions, roles and who follows whom",
        consumers: &[],
        projection: None,
        live: false,
    },
    ServiceSpec {
        name: "posts",
        purpose: "posts with their revisions, and reactions",
        consumers: &[POSTS_USERS, POSTS_VERDICTS],
        projection: None,
        live: false,
    },
    ServiceSpec {
        name: "comments",
        purpose: "comments",
        consumers: &[COMMENTS_POSTS, COMMENTS_USERS, COMMENTS_VERDICTS],
        projection: None,
        live: true,
    },
    ServiceSpec {
        name: "moderation",
        purpose: "verdicts on comments and posts, reports of them, and the rules",
        consumers: &[MODERATION_COMMENTS, MODERATION_POSTS, MODERATION_USERS],
        projection: None,
        live: false,
    },
    ServiceSpec {
        name: "query",
        purpose: "the read model: everything that readers see",
        consumers: &[],
        projection: Some(QUERY_PROJECTION),
        live: true,
    },
    ServiceSpec {
        name: "web",
        purpose: "the pages: it asks the other services as any client would, and holds nothing",
        consumers: &[],
        projection: None,
        live: false,
    },
];

impl ServiceSpec {
    /// The kinds of aggregate it owns, whose events it alone may publish.
    pub fn aggregates(&self) -> impl Iterator<Item = AggregateKind> {
        let kinds = AggregateKind::ALL.iter().copied();
        kinds.filter(move |kind| kind.owner() == self.name)
    }

    /// The types of event it publishes.
    pub fn publishes(&self) -> impl Iterator<Item = &'static EventType> {
        let types = event_types().iter().filter(|event_type| event_type.current);
        types.filter(move |event_type| event_type.aggregate.owner() == self.name)
    }

    /// The subject of its live notes, if it has any.
    pub fn live_subject(&self) -> Option<String> {
        self.live.then(|| format!("{LIVE_SUBJECT_PREFIX}.{}", self.name))
    }

    /// The subject on which it is asked to publish the state of all it owns again, if it owns anything.
    pub fn resync_subject(&self) -> Option<String> {
        self.aggregates().next().map(|_| super::resync_subject(self.name))
    }

    /// The names under which it files dead letters: its durable consumers and its projection.
    pub fn readers(&self) -> impl Iterator<Item = &'static str> {
        self.consumers
            .iter()
            .map(|consumer| consumer.name)
            .chain(self.projection)
    }
}

/// The owner of what is no service's: the record of what operators did by the `events` command.
pub const OPERATIONS: &str = "events";

/// The service of that name.
pub fn service(name: &str) -> Option<&'static ServiceSpec> {
    SERVICES.iter().find(|service| service.name == name)
}

/// One reader of one type of event.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// The type.
    pub event_type: &'static EventType,
    /// Who reads it.
    pub service: &'static ServiceSpec,
    /// By which durable consumer; `None` for its projection.
    pub consumer: Option<ConsumerSpec>,
}

impl Flow {
    /// The consumer's or the projection's name.
    pub fn reader(&self) -> &'static str {
        let projection = self.service.projection.unwrap_or(self.service.name);
        self.consumer.map_or(projection, |consumer| consumer.name)
    }
}

/// Who reads events of this type, as the services are written.
pub fn readers_of(event_type: &'static EventType) -> Vec<Flow> {
    let of_service = |service: &'static ServiceSpec| {
        let consumers = service.consumers.iter().copied();
        let hearing = consumers
            .filter(|consumer| consumer.consumes(event_type))
            .map(Some);
        let projection = service.projection.map(|_| None);
        hearing.chain(projection).map(move |consumer| Flow {
            event_type,
            service,
            consumer,
        })
    };
    SERVICES.iter().flat_map(of_service).collect()
}

/// Whether a subject fits a pattern with NATS's wildcards: `*` one token, `>` one or more at the end.
pub fn subject_matches(pattern: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for part in pattern.split('.') {
        let token = tokens.next();
        match (part, token) {
            (_, None) => return false,
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (part, Some(token)) if part == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_match_as_the_server_matches_them() {
        for (pattern, subject, matches) in [
            ("a.b", "a.b", true),
            ("a.*", "a.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            ("a.*", "a.b.c", false),
            ("a.*.c", "a.b.c", true),
            ("a.b.c", "a.b", false),
            ("*.b", "a.c", false),
        ] {
            assert_eq!(subject_matches(pattern, subject), matches, "{pattern} {subject}");
        }
    }

    #[test]
    fn every_name_is_one_of_these() {
        for kind in AggregateKind::ALL {
            let owner = kind.owner();
            assert!(
                service(owner).is_some() || owner == OPERATIONS,
                "{kind:?} has no service"
            );
        }
        for bucket in BUCKETS {
            assert!(service(bucket.writer).is_some(), "{} has no writer", bucket.name);
        }
        for service in SERVICES {
            for consumer in service.consumers {
                assert!(consumer.name.starts_with(&format!("{}-", service.name)));
                let heard = event_types()
                    .iter()
                    .any(|event_type| consumer.consumes(event_type));
                assert!(heard, "{} consumes nothing", consumer.name);
            }
        }
    }

    /// Accounts know nobody: what is added to the platform is never added to them.
    #[test]
    fn auth_hears_nothing_and_says_only_what_happens_to_accounts() {
        let auth = service("auth").unwrap();
        assert!(auth.consumers.is_empty() && auth.projection.is_none() && !auth.live);
        let says: Vec<_> = auth.aggregates().collect();
        assert_eq!(says, [AggregateKind::User, AggregateKind::Follow]);
    }

    #[test]
    fn every_event_is_read_by_somebody() {
        for event_type in event_types() {
            assert!(!readers_of(event_type).is_empty(), "{event_type:?}");
        }
        let names = |name| {
            let flows = readers_of(super::super::event_type(name).unwrap());
            flows.iter().map(Flow::reader).collect::<Vec<_>>()
        };
        assert_eq!(
            names("blog.user.deleted.v1"),
            ["posts-users", "comments-users", "moderation-users", "query"]
        );
        assert_eq!(names("blog.reaction.added.v1"), ["query"]);
    }
}
