//! The layers of a crate: which part responds to HTTP, writes the database, publishes.

use super::{
    mentions::Name,
    violation::Violation,
    workspace::{Source, Workspace},
};

const SEPARATE: &str = "http does not use store, and store does not use http; they meet in commands";
const HTTP_CRATES: [&str; 3] = ["axum", "axum_extra", "tower_http"];
const HTTP_TYPES: [&str; 2] = ["StatusCode", "HeaderMap"];

pub(super) fn http_and_store_are_separate(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for service in workspace.services() {
        // Values of `runtime::store` (a version, a cause) may pass through; stores may not.
        let store = |name: &Name| {
            let field = matches!(name, Name::Field(field) if field == "store");
            let store = name.path().iter().any(|element| element.ends_with("Store"));
            let broken = field || store || name.starts_with(&["crate", "store"]);
            broken.then(|| "http uses the store".to_owned())
        };
        found.extend(
            workspace
                .module(service, "http")
                .flat_map(|source| source.find(SEPARATE, store)),
        );
        let http = |name: &Name| {
            let path = name.path();
            let framework = path
                .first()
                .is_some_and(|first| HTTP_CRATES.contains(&first.as_str()));
            let kind = path
                .last()
                .is_some_and(|last| HTTP_TYPES.contains(&last.as_str()));
            let broken = framework || kind || name.starts_with(&["crate", "http"]);
            broken.then(|| format!("store uses {}", path.join("::")))
        };
        found.extend(
            workspace
                .module(service, "store")
                .flat_map(|source| source.find(SEPARATE, http)),
        );
    }
    found
}

const PUBLISHING: &str =
    "only the runtime's relay and bus publish to JetStream; a service commits to its outbox";
const PUBLISH: [&str; 6] = [
    "publish_with_headers",
    "publish_with_reply",
    "publish_with_reply_and_headers",
    "send_publish",
    "publish_message",
    "send_batch",
];
/// A domain may have its own `publish`, of a post; these are connections.
const CONNECTIONS: [&str; 8] = [
    "nats",
    "client",
    "jetstream",
    "context",
    "bus",
    "broker",
    "connection",
    "stream",
];
const PUBLISHERS: [&str; 5] = [
    "runtime/src/relay",
    "runtime/src/bus",
    // Responses to the operator who requested a resync, to the inbox of the request.
    "runtime/src/service/resync",
    // Core NATS notes to other replicas about changes: not in the log, and may be lost.
    "comments/src/live",
    "query/src/hub",
];

pub(super) fn only_relay_and_bus_publish(workspace: &Workspace) -> Vec<Violation> {
    let others = own_code(workspace).filter(|(_, source)| !within(source, &PUBLISHERS));
    let violations = others.flat_map(|(_, source)| {
        source.find(PUBLISHING, |name| {
            let Name::Method { name, receiver } = name else {
                return None;
            };
            // A method of the service's own, which calls on its bucket, is not a connection's.
            let own = receiver == "self";
            let connection =
                CONNECTIONS.contains(&receiver.as_str()) || (!own && source.uses_crate("async_nats"));
            let publishes = (name == "publish" && connection) || PUBLISH.contains(&name.as_str());
            publishes.then(|| format!("calls {name}"))
        })
    });
    violations.collect()
}

const WRITING: &str = "only store and projection write MongoDB";
const WRITE: [&str; 16] = [
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
    "create_collection",
    "run_command",
];
/// Names that other libraries use, too.
const WRITE_IN_MONGODB: [&str; 2] = ["rename", "drop"];

pub(super) fn only_store_and_projection_write(workspace: &Workspace) -> Vec<Violation> {
    let others = own_code(workspace).filter(|(member, source)| {
        let writers = ["store", "projection"].map(|module| format!("{member}/src/{module}"));
        !within(source, &writers.each_ref().map(String::as_str))
    });
    let violations = others.flat_map(|(_, source)| {
        source.find(WRITING, |name| {
            let Name::Method { name, .. } = name else {
                return None;
            };
            let ambiguous = WRITE_IN_MONGODB.contains(&name.as_str()) && source.uses_crate("mongodb");
            (ambiguous || WRITE.contains(&name.as_str())).then(|| format!("calls {name}"))
        })
    });
    violations.collect()
}

const READS: &str = "query publishes no business events";
const MACHINERY: [&str; 4] = ["relay", "Relay", "outbox", "Outbox"];

pub(super) fn query_publishes_no_business_events(workspace: &Workspace) -> Vec<Violation> {
    let broken = |name: &Name| match name {
        Name::Text(text) if text.contains("blog.evt.") => {
            Some("contains a subject of business events".to_owned())
        }
        name => {
            let mut path = name.path().iter();
            let machinery = path.find(|element| MACHINERY.contains(&element.as_str()))?;
            Some(format!("uses {machinery}"))
        }
    };
    workspace
        .module("query", "")
        .flat_map(|source| source.find(READS, broken))
        .collect()
}

/// The sources of the services and the runtime, with their crate.
fn own_code(workspace: &Workspace) -> impl Iterator<Item = (&str, &Source)> {
    let members = workspace.services().chain(["runtime"]);
    members.flat_map(|member| workspace.module(member, "").map(move |source| (member, source)))
}

fn within(source: &Source, modules: &[&str]) -> bool {
    modules.iter().any(|module| source.path.starts_with(module))
}
