//! Modules that stand alone: the events and ids that everything else stands on, and each service's domain.

use super::{
    Violation,
    source::{Source, Tree},
    words::Word,
};

const CONTRACT: &str =
    "common::event and common::ids use no other part of common, nor axum, mongodb, async-nats, tokio";
const HEAVY: [&str; 6] = ["axum", "mongodb", "bson", "async_nats", "tokio", "hyper"];

pub(super) fn events_and_ids_stand_alone(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in ["event", "ids"]
        .into_iter()
        .flat_map(|module| tree.module("common", module))
    {
        for word in source.words() {
            for what in foreign(source, &word) {
                found.push(source.violation(word.line, CONTRACT, what));
            }
        }
    }
    found
}

fn foreign(source: &Source, word: &Word<'_>) -> Vec<String> {
    if let Some(heavy) = heavy(word) {
        return vec![format!("uses {heavy}")];
    }
    let out_of_module = word.text == "super" && leaves_module(source, word);
    if word.text != "crate" && !out_of_module {
        return Vec::new();
    }
    let children = word.children().into_iter();
    // `crate::{self}` names the crate's root itself; `super::super` is looked at from its last `super`.
    let foreign = children.filter(|child| !["event", "ids", "super", "self"].contains(child));
    foreign
        .map(|child| format!("uses {}::{child}", word.text))
        .collect()
}

fn heavy(word: &Word<'_>) -> Option<&'static str> {
    let starts = |heavy: &&&str| word.text == **heavy || word.text.starts_with(&format!("{heavy}_"));
    HEAVY.iter().find(starts).copied().filter(|_| word.starts_path())
}

/// In `event.rs`, `super` is the crate's root; in `event/decode.rs` only `super::super` is.
fn leaves_module(source: &Source, word: &Word<'_>) -> bool {
    let inner = source.path.trim_start_matches("common/src/");
    let depth = inner.matches('/').count() + usize::from(!inner.ends_with("/mod.rs"));
    word.supers_before() + 1 >= depth
}

const PURE: &str =
    "a service's domain is pure: no I/O, clock, randomness or serde_json; time and ids are arguments";
/// As the beginning of a path.
const IMPURE_CRATES: [&str; 9] = [
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
const IMPURE_STD: [&str; 5] = ["fs", "net", "env", "process", "thread"];
/// Wherever they stand.
const IMPURE_NAMES: [&str; 7] = [
    "async",
    "await",
    "SystemTime",
    "Instant",
    "now_v7",
    "new_v4",
    "OsRng",
];
/// As `X::now(…)`, `X::generate(…)`.
const IMPURE_MAKERS: [&str; 3] = ["now", "generate", "random"];

pub(super) fn domain_is_pure(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in tree.services().flat_map(|service| tree.module(service, "domain")) {
        for word in source.words() {
            if let Some(what) = impure(&word) {
                found.push(source.violation(word.line, PURE, what));
            }
        }
    }
    found
}

fn impure(word: &Word<'_>) -> Option<String> {
    let name = word.text;
    let of_crate = IMPURE_CRATES.contains(&name) && word.starts_path();
    let of_std = name == "std" && word.children().iter().any(|child| IMPURE_STD.contains(child));
    let made = IMPURE_MAKERS.contains(&name) && word.follows("(") && word.is_associated();
    match () {
        () if of_crate || IMPURE_NAMES.contains(&name) => Some(format!("uses {name}")),
        () if of_std => Some("uses a part of std that does I/O".to_owned()),
        () if made => Some(format!("calls {}::{name}()", word.receiver_type())),
        () => None,
    }
}
