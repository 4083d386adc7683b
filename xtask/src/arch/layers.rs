//! Who may do what within a crate: answer HTTP, write the database, publish.

use super::{
    Violation,
    source::{Source, Tree},
    words::Word,
};

const APART: &str = "http does not touch store, and store does not know http; they meet in commands";

pub(super) fn http_and_store_do_not_know_each_other(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for service in tree.services() {
        // A method named `store`, as atomics have it, is none of this.
        find(tree.module(service, "http"), APART, &mut found, |_, word| {
            // The values of `common::store` (a version, a cause) may pass through; its stores may not, by name.
            let path = (word.in_path() || word.is_group_member()) && word.root() != Some("runtime");
            let module = word.text == "store" && (path || word.is_field());
            let kind = word.text == "Store" || word.text.ends_with("Store");
            (module || kind).then(|| format!("http names {}", word.text))
        });
        find(tree.module(service, "store"), APART, &mut found, |_, word| {
            let module = word.text == "http" && (word.in_path() || word.is_group_member());
            let framework =
                ["axum", "axum_extra", "tower_http", "StatusCode", "HeaderMap"].contains(&word.text);
            (module || framework).then(|| format!("store names {}", word.text))
        });
    }
    found
}

const PUBLISHING: &str = "only common's relay and bus publish to JetStream; a service commits to its outbox";
const PUBLISH: [&str; 6] = [
    "publish_with_headers",
    "publish_with_reply",
    "publish_with_reply_and_headers",
    "send_publish",
    "publish_message",
    "send_batch",
];
/// A domain may well have a `publish` of its own, of a post; a connection's is another thing.
const CONNECTIONS: [&str; 11] = [
    "nats",
    "client",
    "jetstream",
    "js",
    "context",
    "ctx",
    "bus",
    "broker",
    "connection",
    "conn",
    "stream",
];
const MAY_PUBLISH: [&str; 5] = [
    "runtime/src/relay",
    "runtime/src/bus",
    "testkit/src",
    // Answers to the operator who asked for a resync, at the inbox that the question named.
    "runtime/src/service/resync",
    // Notes to the other replicas on what has changed: plain NATS, no part of the log, and may be lost.
    "query/src/live",
];

pub(super) fn only_relay_and_bus_publish(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let members = tree.services().chain(["runtime"]);
    for member in members {
        let sources = tree
            .module(member, "")
            .filter(|source| !within(source, &MAY_PUBLISH));
        find(sources, PUBLISHING, &mut found, |source, word| {
            let plain = word.text == "publish" && word.is_method_call();
            let by_connection = || CONNECTIONS.contains(&word.receiver()) || source.names("async_nats");
            let sends = (plain && by_connection()) || (PUBLISH.contains(&word.text) && word.is_method_call());
            sends.then(|| format!("calls {}", word.text))
        });
    }
    found
}

const WRITING: &str = "only store and projection write MongoDB";
const WRITE: [&str; 18] = [
    "insert_one",
    "insert_many",
    "update_one",
    "update_many",
    "replace_one",
    "delete_one",
    "delete_many",
    "find_one_and_update",
    "find_one_and_replace",
    "find_one_and_delete",
    "bulk_write",
    "create_index",
    "create_indexes",
    "drop_index",
    "drop_indexes",
    "create_collection",
    "run_command",
    "rename",
];
const MAY_WRITE: [&str; 3] = ["store", "projection", "testing"];

pub(super) fn only_store_and_projection_write(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in tree.services().chain(["runtime"]) {
        let allowed = MAY_WRITE.map(|module| format!("{member}/src/{module}"));
        let allowed = allowed.each_ref().map(String::as_str);
        let sources = tree
            .module(member, "")
            .filter(move |source| !within(source, &allowed));
        find(sources, WRITING, &mut found, |source, word| {
            let drop_of_collection = word.text == "drop" && word.follows("()");
            // `rename` and `drop` are words of other libraries as well.
            let common_word = word.text == "rename" || drop_of_collection;
            let writes = (WRITE.contains(&word.text) || drop_of_collection) && word.is_method_call();
            let writes = writes && (!common_word || source.names("mongodb"));
            writes.then(|| format!("calls {}", word.text))
        });
    }
    found
}

const READS: &str = "query publishes no business events";

pub(super) fn query_publishes_no_business_events(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    find(tree.module("query", ""), READS, &mut found, |_, word| {
        let machinery = ["relay", "Relay", "outbox", "Outbox"].contains(&word.text);
        (machinery && (word.in_path() || word.is_group_member())).then(|| format!("names {}", word.text))
    });
    for source in tree.module("query", "") {
        let subjects = source.lines_with("blog.evt.").map(|line| {
            let what = "spells a subject of business events; the bus has them for reading";
            source.violation(line, READS, what.to_owned())
        });
        found.extend(subjects);
    }
    found
}

fn find<'a>(
    sources: impl Iterator<Item = &'a Source>,
    rule: &'static str,
    found: &mut Vec<Violation>,
    broken: impl Fn(&Source, &Word<'_>) -> Option<String>,
) {
    for source in sources {
        for word in source.words() {
            if let Some(what) = broken(source, &word) {
                found.push(source.violation(word.line, rule, what));
            }
        }
    }
}

fn within(source: &Source, modules: &[&str]) -> bool {
    modules.iter().any(|module| source.path.starts_with(module))
}
