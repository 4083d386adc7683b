//! A service's domain decides and does nothing else; `content` reads texts and does nothing else.

use super::{mentions::Name, violation::Violation, workspace::Workspace};

const PURE: &str =
    "a service's domain is pure: no I/O, clock, randomness or serde_json; time and ids are arguments";
/// As the first element of a path.
const CRATES: [&str; 9] = [
    "tokio",
    "mongodb",
    "bson",
    "axum",
    "async_nats",
    "serde_json",
    "rand",
    "reqwest",
    "futures",
];
/// As `std::…`.
const STD: [&str; 5] = ["fs", "net", "env", "process", "thread"];
/// As any element of a path.
const NAMES: [&str; 6] = ["async", "SystemTime", "Instant", "now_v7", "new_v4", "OsRng"];
/// As the last element of a path: `Timestamp::now`.
const SOURCES: [&str; 3] = ["now", "generate", "random"];

pub(super) fn domain_is_pure(workspace: &Workspace) -> Vec<Violation> {
    let services = workspace.services();
    let domain = services.flat_map(|service| workspace.module(service, "domain"));
    domain.flat_map(|source| source.find(PURE, impure)).collect()
}

const PURE_CONTENT: &str = "content is pure: no I/O, clock, randomness or async";

pub(super) fn content_is_pure(workspace: &Workspace) -> Vec<Violation> {
    let sources = workspace.module("content", "");
    sources
        .flat_map(|source| source.find(PURE_CONTENT, impure))
        .collect()
}

fn impure(name: &Name) -> Option<String> {
    let path = name.path();
    let (first, last) = (path.first()?.as_str(), path.last()?.as_str());
    let io = first == "std" && path.get(1).is_some_and(|module| STD.contains(&module.as_str()));
    let source = path.len() > 1 && SOURCES.contains(&last);
    let named = path.iter().any(|element| NAMES.contains(&element.as_str()));
    let library = path.len() > 1 && CRATES.contains(&first);
    (library || io || source || named).then(|| format!("uses {}", path.join("::")))
}
