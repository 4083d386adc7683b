//! The topology of the bus: streams, buckets, durable consumers and services, each defined once.
//!
//! The services take their consumers' names and subjects from here, the provisioning its streams and buckets, and
//! the permissions, the AsyncAPI document and the catalogue are derived from the same tables.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AggregateKind, EventType, STREAM, SUBJECT_PREFIX, Timestamp, event_types};

/// The stream of dead letters: `blog.dlq.<consumer>`.
pub const DEAD_LETTER_STREAM: &str = "BLOG_DLQ";
/// Prefix of the subjects of dead letters.
pub const DEAD_LETTER_SUBJECT_PREFIX: &str = "blog.dlq";
/// Subjects of notifications that may be lost: `blog.live.<service>`.
pub const LIVE_SUBJECT_PREFIX: &str = "blog.live";
/// Subjects of requests to running services: `blog.cmd.<service>.<what>`.
pub const COMMAND_SUBJECT_PREFIX: &str = "blog.cmd";

/// The subject of resync requests to `service`.
pub fn resync_subject(service: &str) -> String {
    format!("{COMMAND_SUBJECT_PREFIX}.{service}.resync")
}

/// Subjects of replayed copies of events, which no service consumes.
pub const REPLAY_SUBJECT_PREFIX: &str = "replay";
/// Key-value bucket of the public keys: key id to JSON Web Key. Written only by the auth service.
pub const KEYS_BUCKET: &str = "auth-keys";
/// Key-value bucket of revoked sessions: session id to the RFC 3339 time when its tokens expire anyway. Written only
/// by the auth service.
pub const REVOCATIONS_BUCKET: &str = "auth-revocations";

/// Key-value bucket of the projections' checkpoints: the projection's name to a [`CheckpointNote`] in JSON. Tools read
/// it, since they have no access to the databases that hold the checkpoints themselves.
pub const CHECKPOINTS_BUCKET: &str = "blog-checkpoints";
/// Key-value bucket of the events that may end the process which handles them: `<consumer>.<event>` to the number of
/// trials that began and did not finish.
pub const TRIALS_BUCKET: &str = "blog-trials";

/// JetStream drops a second message with the same id for this long. The relay's retries normally take less; consumers
/// need no deduplication, so this only avoids duplicates in the log.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// A stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamSpec {
    /// Its name.
    pub name: &'static str,
    /// Its purpose.
    pub purpose: &'static str,
    /// The subject it captures: everything below this prefix.
    pub subject_prefix: &'static str,
    /// Whether a full stream refuses new messages; otherwise it drops the oldest.
    pub discard_new: bool,
    /// Whether it accepts atomic batches.
    pub atomic_batches: bool,
    /// A second message with the same `Nats-Msg-Id` is dropped for this long.
    pub duplicate_window: Duration,
}

/// The log: kept forever, since a new projection is built by reading it from the start.
pub const LOG: StreamSpec = StreamSpec {
    name: STREAM,
    purpose: "All business events of the platform, in one total order",
    subject_prefix: SUBJECT_PREFIX,
    discard_new: true,
    atomic_batches: true,
    duplicate_window: DUPLICATE_WINDOW,
};

/// Messages that could not be processed, until an operator redrives or discards them.
pub const DEAD_LETTERS: StreamSpec = StreamSpec {
    name: DEAD_LETTER_STREAM,
    purpose: "Messages that a consumer could not process, with the reason",
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
    /// Its purpose.
    pub purpose: &'static str,
    /// Who writes and reads it.
    pub access: BucketAccess,
    /// An entry is removed after this; `None`: never.
    pub max_age: Option<Duration>,
}

/// Who writes and reads a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketAccess {
    /// One service writes it; every service watches it.
    Broadcast(&'static str),
    /// One service writes it; tools read it.
    Report(&'static str),
    /// Every service with durable consumers writes and reads the keys that begin with their names.
    Consumers,
}

impl BucketSpec {
    /// The only service that writes it, if there is only one.
    pub fn writer(&self) -> Option<&'static str> {
        match self.access {
            BucketAccess::Broadcast(writer) | BucketAccess::Report(writer) => Some(writer),
            BucketAccess::Consumers => None,
        }
    }

    /// Whether every service watches it.
    pub fn is_watched(&self) -> bool {
        matches!(self.access, BucketAccess::Broadcast(_))
    }
}

/// Every bucket.
pub const BUCKETS: &[BucketSpec] = &[
    BucketSpec {
        name: KEYS_BUCKET,
        purpose: "Public keys for the verification of session tokens",
        access: BucketAccess::Broadcast("auth"),
        max_age: None,
    },
    BucketSpec {
        name: REVOCATIONS_BUCKET,
        purpose: "Sessions that were revoked before their tokens expire",
        access: BucketAccess::Broadcast("auth"),
        // A day longer than the lifetime of a token.
        max_age: Some(Duration::from_secs(8 * 24 * 3600)),
    },
    BucketSpec {
        name: CHECKPOINTS_BUCKET,
        purpose: "Checkpoints of the projections",
        access: BucketAccess::Report("query"),
        max_age: None,
    },
    BucketSpec {
        name: TRIALS_BUCKET,
        purpose: "Events that may end the process which handles them",
        access: BucketAccess::Consumers,
        max_age: Some(Duration::from_secs(24 * 3600)),
    },
];

/// The checkpoint of a projection, as it reports it in [`CHECKPOINTS_BUCKET`] from time to time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointNote {
    /// The last sequence that was applied.
    pub sequence: u64,
    /// When the log was created, which distinguishes it from one that replaced it.
    pub log_created: String,
    /// When this was reported. An idle projection reports about every ten seconds.
    pub at: Timestamp,
}

/// A durable consumer of the log. Its name never changes, since the server keeps its position under it.
#[derive(Debug, Clone, Copy)]
pub struct ConsumerSpec {
    /// `<service>-<aggregates>`.
    pub name: &'static str,
    /// The subject that it consumes, with wildcards.
    pub filter_subject: &'static str,
    /// Its purpose.
    pub purpose: &'static str,
    /// Raised with every change of its filter or its other settings: a release configures the consumer on the server only
    /// if its revision there is lower. During a roll-out an older replica must not narrow the filter again, since the
    /// server would pass over the events of new subjects for good.
    pub revision: u32,
}

impl ConsumerSpec {
    /// How long the server waits for an acknowledgement or a progress report before it redelivers an event, for example
    /// one that a killed process was handling.
    pub const ACK_WAIT: Duration = Duration::from_secs(10);
    /// The maximum number of delivered events that are not acknowledged.
    pub const MAX_ACK_PENDING: u32 = 128;
    /// The key of the [revision](Self::revision) in the consumer's metadata.
    pub const REVISION: &str = "inkstream-revision";

    /// Whether it consumes events of this type.
    pub fn consumes<E: super::EventSet>(&self, event_type: &EventType<E>) -> bool {
        subject_matches(self.filter_subject, &event_type.subject("id"))
    }
}

/// Keeps the replica of posts that new comments are validated against.
pub const COMMENTS_POSTS: ConsumerSpec = ConsumerSpec {
    name: "comments-posts",
    filter_subject: "blog.evt.post.>",
    purpose: "keeps a replica of posts to validate new comments",
    revision: 1,
};

/// Anonymises the comments of deleted users.
pub const COMMENTS_USERS: ConsumerSpec = ConsumerSpec {
    name: "comments-users",
    filter_subject: "blog.evt.user.*.deleted",
    purpose: "anonymises the comments of deleted users",
    revision: 1,
};

/// Deletes the posts and reactions of deleted users.
pub const POSTS_USERS: ConsumerSpec = ConsumerSpec {
    name: "posts-users",
    filter_subject: "blog.evt.user.*.deleted",
    purpose: "deletes the posts and reactions of deleted users",
    revision: 1,
};

/// Applies the rules to comments.
pub const MODERATION_COMMENTS: ConsumerSpec = ConsumerSpec {
    name: "moderation-comments",
    filter_subject: "blog.evt.comment.>",
    purpose: "applies the rules to each text of a comment",
    revision: 1,
};

/// Applies the rules to posts.
pub const MODERATION_POSTS: ConsumerSpec = ConsumerSpec {
    name: "moderation-posts",
    filter_subject: "blog.evt.post.>",
    purpose: "applies the rules to each text of a published post",
    revision: 1,
};

/// Keeps the data about authors that the rules need.
pub const MODERATION_USERS: ConsumerSpec = ConsumerSpec {
    name: "moderation-users",
    filter_subject: "blog.evt.user.>",
    purpose: "keeps the age of accounts for the rules, and removes the notes of deleted users from their reports",
    revision: 1,
};

/// Applies verdicts to comments.
pub const COMMENTS_VERDICTS: ConsumerSpec = ConsumerSpec {
    name: "comments-verdicts",
    filter_subject: "blog.evt.verdict.>",
    purpose: "applies verdicts to comments",
    revision: 1,
};

/// Applies verdicts to posts.
pub const POSTS_VERDICTS: ConsumerSpec = ConsumerSpec {
    name: "posts-verdicts",
    filter_subject: "blog.evt.verdict.>",
    purpose: "applies verdicts to posts: takes them down or restores them",
    revision: 1,
};

/// The name of the projection of `query`, also among dead letters.
pub const QUERY_PROJECTION: &str = "query";

/// A service's use of the bus, besides publishing the events of its aggregates.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSpec {
    /// Its name, also that of its program, database and bus account.
    pub name: &'static str,
    /// Its purpose.
    pub purpose: &'static str,
    /// Its durable consumers.
    pub consumers: &'static [ConsumerSpec],
    /// Its projection, which reads the whole log in order from its own checkpoint.
    pub projection: Option<&'static str>,
    /// Whether its replicas notify each other of changes on `blog.live.<service>`.
    pub live: bool,
}

/// Every service.
pub const SERVICES: &[ServiceSpec] = &[
    ServiceSpec {
        name: "auth",
        purpose: "accounts, sessions, roles and follows",
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
        purpose: "verdicts on comments and posts, reports, and the rules",
        consumers: &[MODERATION_COMMENTS, MODERATION_POSTS, MODERATION_USERS],
        projection: None,
        live: false,
    },
    ServiceSpec {
        name: "query",
        purpose: "the read model for readers",
        consumers: &[],
        projection: Some(QUERY_PROJECTION),
        live: true,
    },
    ServiceSpec {
        name: "web",
        purpose: "server-rendered pages; a stateless client of the other services",
        consumers: &[],
        projection: None,
        live: false,
    },
];

impl ServiceSpec {
    /// The kinds of aggregate it owns; no other service may publish their events.
    pub fn aggregates(&self) -> impl Iterator<Item = AggregateKind> {
        let kinds = AggregateKind::ALL.iter().copied();
        kinds.filter(move |kind| kind.owner() == self.name)
    }

    /// The types of event it publishes.
    pub fn publishes(&self) -> impl Iterator<Item = &'static EventType> {
        let types = event_types().iter().filter(|event_type| event_type.current);
        types.filter(move |event_type| event_type.aggregate.owner() == self.name)
    }

    /// The subject of its live notifications, if it has any.
    pub fn live_subject(&self) -> Option<String> {
        self.live.then(|| format!("{LIVE_SUBJECT_PREFIX}.{}", self.name))
    }

    /// The subject of requests to republish the state of all its aggregates, if it owns any.
    pub fn resync_subject(&self) -> Option<String> {
        self.aggregates().next().map(|_| resync_subject(self.name))
    }

    /// The names of its durable consumers and its projection, under which dead letters are stored.
    pub fn readers(&self) -> impl Iterator<Item = &'static str> {
        self.consumers
            .iter()
            .map(|consumer| consumer.name)
            .chain(self.projection)
    }
}

/// The owner of the records of operators' actions with the `events` command; not a service.
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
    /// The service that reads it.
    pub service: &'static ServiceSpec,
    /// The durable consumer; `None` for the projection.
    pub consumer: Option<ConsumerSpec>,
}

impl Flow {
    /// The consumer's or the projection's name.
    pub fn reader(&self) -> &'static str {
        let projection = self.service.projection.unwrap_or(self.service.name);
        self.consumer.map_or(projection, |consumer| consumer.name)
    }
}

/// All readers of events of this type.
pub fn readers_of(event_type: &'static EventType) -> Vec<Flow> {
    let of_service = |service: &'static ServiceSpec| {
        let consumers = service.consumers.iter().copied();
        let of_consumers = consumers
            .filter(|consumer| consumer.consumes(event_type))
            .map(Some);
        let projection = service.projection.map(|_| None);
        of_consumers.chain(projection).map(move |consumer| Flow {
            event_type,
            service,
            consumer,
        })
    };
    SERVICES.iter().flat_map(of_service).collect()
}

/// Whether a subject matches a pattern with NATS's wildcards: `*` one token, `>` one or more at the end.
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
    fn names_refer_to_services() {
        for kind in AggregateKind::ALL {
            let owner = kind.owner();
            assert!(
                service(owner).is_some() || owner == OPERATIONS,
                "{kind:?} has no service"
            );
        }
        for bucket in BUCKETS {
            let writer = bucket.writer();
            assert!(
                writer.is_none_or(|writer| service(writer).is_some()),
                "{writer:?}"
            );
        }
        for service in SERVICES {
            for consumer in service.consumers {
                assert!(consumer.name.starts_with(&format!("{}-", service.name)));
                let consumes = event_types()
                    .iter()
                    .any(|event_type| consumer.consumes(event_type));
                assert!(consumes, "{} consumes nothing", consumer.name);
            }
        }
    }

    /// Accounts do not depend on any other service.
    #[test]
    fn auth_consumes_nothing_and_publishes_only_accounts_and_follows() {
        let auth = service("auth").unwrap();
        assert!(auth.consumers.is_empty() && auth.projection.is_none() && !auth.live);
        let published: Vec<_> = auth.aggregates().collect();
        assert_eq!(published, [AggregateKind::User, AggregateKind::Follow]);
    }

    #[test]
    fn every_event_has_a_reader() {
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
