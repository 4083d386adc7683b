//! The permissions of each account of the bus: exactly what its service does.
//!
//! A client of JetStream speaks to the server by requests to `$JS.API.…` subjects, so these permissions are the
//! server's only protection. Tests run permitted and forbidden operations of every account against a real server.

use std::fmt::Write as _;

use super::{
    DEAD_LETTER_SUBJECT_PREFIX, SUBJECT_PREFIX,
    topology::{
        BUCKETS, BucketAccess, CHECKPOINTS_BUCKET, ConsumerSpec, DEAD_LETTERS, LOG, REPLAY_SUBJECT_PREFIX,
        SERVICES, STREAMS, ServiceSpec, service, subject_matches,
    },
};

/// The account of the provisioning step, the only one that creates and changes streams and buckets. It cannot delete any.
pub const PROVISIONING: &str = "provisioning";
/// The account of the `events` command for reading.
pub const VIEWER: &str = "viewer";
/// The account of the `events` command for repairs: redrives and discards dead letters, imports, replays.
pub const OPERATOR: &str = "operator";

/// The subjects one account may publish and subscribe to, with NATS's wildcards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Subjects it may publish to.
    pub publish_allow: Vec<String>,
    /// Exceptions from these.
    pub publish_deny: Vec<String>,
    /// Subjects it may subscribe to.
    pub subscribe_allow: Vec<String>,
    /// Whether it may respond to requests, on any reply subject: once a second, for an hour.
    pub responses: bool,
}

/// Every account: the services and the three of operations.
pub fn accounts() -> Vec<&'static str> {
    let services = SERVICES.iter().map(|service| service.name);
    services.chain([PROVISIONING, VIEWER, OPERATOR]).collect()
}

/// Prefix of the subjects on which the account's client receives responses.
pub fn inbox_prefix(account: &str) -> String {
    format!("_INBOX_{account}")
}

/// The permissions of `account`; `None` if there is no such account.
pub fn permissions(account: &str) -> Option<Permissions> {
    let mut permissions = match account {
        PROVISIONING => provisioning(),
        VIEWER => viewer(),
        OPERATOR => operator(),
        _ => of_service(service(account)?),
    };
    let inbox = format!("{}.>", inbox_prefix(account));
    permissions.subscribe_allow.insert(0, inbox);
    Some(permissions)
}

fn of_service(service: &ServiceSpec) -> Permissions {
    let mut granted = Permissions::default();
    for event_type in service.publishes() {
        granted.publish_allow.push(event_type.subject("*"));
    }
    for consumer in service.consumers {
        granted.allow([
            // The subject contains the filter, so the consumer cannot consume other subjects.
            api(&format!(
                "CONSUMER.CREATE.{}.{}.{}",
                LOG.name, consumer.name, consumer.filter_subject
            )),
            api(&format!("CONSUMER.INFO.{}.{}", LOG.name, consumer.name)),
        ]);
        granted.allow(reading(LOG.name, consumer.name));
        granted.allow(acknowledging(LOG.name, consumer.name));
    }
    if service.projection.is_some() {
        granted.allow_read(LOG.name);
        granted.deny_foreign_consumers(service.name);
    }
    for reader in service.readers() {
        granted.allow([format!("{DEAD_LETTER_SUBJECT_PREFIX}.{reader}")]);
    }
    for bucket in BUCKETS {
        if bucket.is_watched() {
            granted.allow_watching(bucket.name);
        }
        if bucket.writer() == Some(service.name) {
            granted.allow([format!("$KV.{}.*", bucket.name)]);
        }
        if bucket.access == BucketAccess::Consumers {
            granted.allow_own_keys(bucket.name, service.consumers);
        }
    }
    if let Some(subject) = service.live_subject() {
        granted.allow([subject.clone()]);
        granted.subscribe_allow.push(subject);
    }
    if let Some(subject) = service.resync_subject() {
        granted.subscribe_allow.push(subject);
        granted.responses = true;
    }
    granted
}

fn provisioning() -> Permissions {
    let mut granted = Permissions::default();
    // The creation of a bucket depends on the limits of the account.
    granted.allow([api("INFO")]);
    let streams = STREAMS.iter().map(|stream| stream.name.to_owned());
    let buckets = BUCKETS.iter().map(|bucket| format!("KV_{}", bucket.name));
    for stream in streams.chain(buckets) {
        granted.allow(["CREATE", "UPDATE", "INFO"].map(|verb| api(&format!("STREAM.{verb}.{stream}"))));
    }
    granted
}

fn viewer() -> Permissions {
    let mut granted = Permissions::default();
    granted.allow(["INFO", "STREAM.NAMES", "STREAM.LIST"].map(api));
    for stream in STREAMS {
        granted.allow_read(stream.name);
        granted.allow([
            api(&format!("CONSUMER.NAMES.{}", stream.name)),
            api(&format!("CONSUMER.LIST.{}", stream.name)),
            api(&format!("DIRECT.GET.{}", stream.name)),
            api(&format!("DIRECT.GET.{}.>", stream.name)),
            api(&format!("STREAM.MSG.GET.{}", stream.name)),
        ]);
    }
    let checkpoints = format!("KV_{CHECKPOINTS_BUCKET}");
    granted.allow(["STREAM.INFO", "DIRECT.GET"].map(|verb| api(&format!("{verb}.{checkpoints}"))));
    granted.deny_foreign_consumers(VIEWER);
    // Reading the state of a consumer has no effect on it.
    granted.publish_deny.retain(|subject| !subject.contains(".INFO."));
    granted
}

fn operator() -> Permissions {
    let mut granted = viewer();
    granted.allow([
        format!("{SUBJECT_PREFIX}.>"),
        format!("{DEAD_LETTER_SUBJECT_PREFIX}.>"),
        api(&format!("STREAM.MSG.DELETE.{}", DEAD_LETTERS.name)),
        api(&format!("CONSUMER.RESET.{}.*", LOG.name)),
        super::resync_subject("*"),
        format!("{REPLAY_SUBJECT_PREFIX}.>"),
    ]);
    granted
}

impl Permissions {
    /// Whether the server accepts a message to `subject`.
    pub fn may_publish(&self, subject: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| subject_matches(pattern, subject));
        any(&self.publish_allow) && !any(&self.publish_deny)
    }

    fn allow(&mut self, subjects: impl IntoIterator<Item = String>) {
        self.publish_allow.extend(subjects);
    }

    /// Reading a whole stream with ephemeral consumers.
    fn allow_read(&mut self, stream: &str) {
        self.allow([
            api(&format!("STREAM.INFO.{stream}")),
            api(&format!("CONSUMER.CREATE.{stream}")),
            api(&format!("CONSUMER.CREATE.{stream}.>")),
            api(&format!("CONSUMER.INFO.{stream}.*")),
            api(&format!("CONSUMER.DELETE.{stream}.*")),
        ]);
        self.allow(reading(stream, "*"));
    }

    /// Watching a bucket: an ordered consumer of all keys, first without a name, and with one when it is recreated.
    fn allow_watching(&mut self, bucket: &str) {
        let stream = format!("KV_{bucket}");
        self.allow([
            api(&format!("STREAM.INFO.{stream}")),
            api(&format!("CONSUMER.CREATE.{stream}")),
            api(&format!("CONSUMER.CREATE.{stream}.*.$KV.{bucket}.>")),
            api(&format!("CONSUMER.INFO.{stream}.*")),
            api(&format!("CONSUMER.DELETE.{stream}.*")),
            format!("$JS.FC.{stream}.>"),
            api(&format!("DIRECT.GET.{stream}.>")),
        ]);
    }

    /// Reading and writing the keys of a bucket that begin with the names of these consumers.
    fn allow_own_keys(&mut self, bucket: &str, consumers: &[ConsumerSpec]) {
        if !consumers.is_empty() {
            self.allow([api(&format!("STREAM.INFO.KV_{bucket}"))]);
        }
        for consumer in consumers {
            let keys = format!("$KV.{bucket}.{}.*", consumer.name);
            self.allow([api(&format!("DIRECT.GET.KV_{bucket}.{keys}")), keys]);
        }
    }

    /// The server cannot distinguish such names from those of other services' consumers, so these are denied by name.
    fn deny_foreign_consumers(&mut self, own: &str) {
        let others = SERVICES.iter().filter(|service| service.name != own);
        for consumer in others.flat_map(|service| service.consumers) {
            let name = format!("{}.{}", LOG.name, consumer.name);
            self.publish_deny.extend([
                api(&format!("CONSUMER.CREATE.{name}")),
                api(&format!("CONSUMER.CREATE.{name}.>")),
                api(&format!("CONSUMER.INFO.{name}")),
                api(&format!("CONSUMER.DELETE.{name}")),
                api(&format!("CONSUMER.MSG.NEXT.{name}")),
            ]);
        }
    }
}

fn api(request: &str) -> String {
    format!("$JS.API.{request}")
}

fn reading(stream: &str, consumer: &str) -> [String; 1] {
    [api(&format!("CONSUMER.MSG.NEXT.{stream}.{consumer}"))]
}

/// Both forms of the subject, without and with the domain and account; which one is used depends on the server version.
fn acknowledging(stream: &str, consumer: &str) -> [String; 2] {
    [
        format!("$JS.ACK.{stream}.{consumer}.>"),
        format!("$JS.ACK.*.*.{stream}.{consumer}.>"),
    ]
}

/// A resync responds every second while it is in progress.
const RESPONSES: &str = "\n        allow_responses: { max: 3600, expires: \"1h\" }";

/// The `authorization` block of a nats-server's configuration: each account with its public nkey. Unknown names are left
/// out.
pub fn nats_authorization<'a>(keys: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    format!("authorization {{\n  users = [\n{}  ]\n}}\n", nats_users(keys))
}

/// The entries of that block's `users`.
pub fn nats_users<'a>(keys: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (account, key) in keys {
        let Some(granted) = permissions(account) else {
            continue;
        };
        let list = |subjects: &[String]| {
            let quoted: Vec<_> = subjects.iter().map(|subject| format!("{subject:?}")).collect();
            format!("[\n          {}\n        ]", quoted.join(",\n          "))
        };
        let mut publish = format!("allow: {}", list(&granted.publish_allow));
        if !granted.publish_deny.is_empty() {
            let _ = write!(publish, "\n        deny: {}", list(&granted.publish_deny));
        }
        let _ = write!(
            out,
            "    # {account}\n    {{\n      nkey: {key:?}\n      permissions: {{\n        publish: {{ {publish} }}\n        \
             subscribe: {{ allow: {} }}{}\n      }}\n    }}\n",
            list(&granted.subscribe_allow),
            if granted.responses { RESPONSES } else { "" }
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(account: &str, subject: &str) -> bool {
        permissions(account).unwrap().may_publish(subject)
    }

    #[test]
    fn a_service_may_publish_only_its_own_events() {
        assert!(may("posts", "blog.evt.post.1.published"));
        assert!(!may("posts", "blog.evt.post.1.pinned"), "no such fact");
        assert!(!may("posts", "blog.evt.user.1.deleted"));
        assert!(!may("query", "blog.evt.post.1.published"));
        assert!(may("query", "blog.live.query") && !may("posts", "blog.live.query"));
        assert!(may("comments", "blog.dlq.comments-posts") && !may("posts", "blog.dlq.comments-posts"));
        assert!(may("auth", "$KV.auth-keys.k1") && !may("posts", "$KV.auth-keys.k1"));
    }

    #[test]
    fn no_account_may_delete_or_purge_a_stream_and_only_provisioning_may_create_one() {
        for account in accounts() {
            for stream in ["BLOG", "BLOG_DLQ", "KV_auth-keys", "KV_auth-revocations"] {
                for verb in ["DELETE", "PURGE"] {
                    assert!(
                        !may(account, &format!("$JS.API.STREAM.{verb}.{stream}")),
                        "{account}"
                    );
                }
                for verb in ["CREATE", "UPDATE"] {
                    let subject = format!("$JS.API.STREAM.{verb}.{stream}");
                    assert_eq!(
                        may(account, &subject),
                        account == PROVISIONING,
                        "{account} {subject}"
                    );
                }
            }
            assert!(!may(account, "$JS.API.STREAM.MSG.DELETE.BLOG"), "{account}");
        }
    }

    #[test]
    fn only_its_service_may_use_a_consumer() {
        for service in SERVICES {
            for consumer in service.consumers {
                for account in accounts() {
                    let name = format!("BLOG.{}", consumer.name);
                    for subject in [
                        format!("$JS.API.CONSUMER.MSG.NEXT.{name}"),
                        format!("$JS.API.CONSUMER.CREATE.{name}.{}", consumer.filter_subject),
                        format!("$JS.ACK.{name}.1.1.1.1.1"),
                        format!("$JS.ACK.d.a.{name}.1.1.1.1.1.x"),
                    ] {
                        assert_eq!(
                            may(account, &subject),
                            account == service.name,
                            "{account} {subject}"
                        );
                    }
                    assert!(
                        !may(account, &format!("$JS.API.CONSUMER.CREATE.{name}")),
                        "without its filter"
                    );
                    assert!(!may(account, &format!("$JS.API.CONSUMER.DELETE.{name}")));
                }
            }
        }
    }

    #[test]
    fn each_account_receives_only_its_own_responses() {
        for account in accounts() {
            let granted = permissions(account).unwrap();
            assert_eq!(granted.subscribe_allow[0], format!("_INBOX_{account}.>"));
            let others = |subject: &&String| !subject.contains(&format!(".{account}"));
            let foreign: Vec<&String> = granted.subscribe_allow[1..].iter().filter(others).collect();
            assert_eq!(foreign, [] as [&String; 0], "{account}");
        }
        assert_eq!(permissions("nobody"), None);
    }
}
