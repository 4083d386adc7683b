//! The places that adding a service touches: where the service that came last is named, and where services are listed.

use super::{
    mentions::Name,
    service_isolation::api_prefix,
    violation::Violation,
    workspace::{Source, Workspace},
};

const PLACES: &str =
    "adding a service touches its own folder and the places of docs/adding-a-service.md, no others";
const LATEST: &str = "moderation";
const ALLOWED: [&str; 7] = [
    "Cargo.toml",
    "common/src/event/registry.rs",
    "common/src/event/topology.rs",
    "ingress.yaml",
    "tests/Cargo.toml",
    "tests/src/stack.rs",
    "xtask/src/services.rs",
];
/// What is not part of adding a service: pages, prose, journeys, generated documents, benchmarks, deployment, rules of one
/// API's fields, and these rules.
const OTHERS: [&str; 13] = [
    "web/",
    "docs/",
    // `cargo xtask manifests` fails until a service has its manifests.
    "infra/",
    "compose.yaml",
    "skaffold.yaml",
    ".github/",
    "common/contract/",
    "bench/",
    "tests/journeys/",
    "tests/src/frontend.rs",
    "README.md",
    "xtask/schemathesis/",
    "xtask/src/arch",
];
/// A list names all services but the front end within this many lines of the latest one.
const NEAR: usize = 6;
const FRONT_END: &str = "web";

pub(super) fn a_service_is_named_in_few_places(workspace: &Workspace) -> Vec<Violation> {
    let services: Vec<_> = workspace.services().collect();
    let mut found = Vec::new();
    for (path, text) in &workspace.texts {
        let others = OTHERS.iter().any(|other| path.starts_with(other));
        if others || ALLOWED.contains(&path.as_str()) || !services.contains(&LATEST) {
            continue;
        }
        let source = workspace.sources.iter().find(|source| source.path == *path);
        let lines = |service: &str| match source {
            Some(source) => lines_of_code(source, service),
            None => lines_of_settings(path, text, service),
        };
        let latest = lines(LATEST);
        let Some(&first) = latest.first() else { continue };
        // Its own folder and files; services that consume its events; tests of one feature.
        let about = path.split(['/', '.']).any(|part| part == LATEST);
        let member = path.split('/').next().unwrap_or_default();
        let own = about || services.contains(&member) || path.contains("tests/");
        let is_near = |line: &usize| latest.iter().any(|latest| line.abs_diff(*latest) <= NEAR);
        let named = |service: &&&str| lines(service).iter().any(is_near);
        let lists = services.iter().filter(named).count()
            >= services.iter().filter(|name| **name != FRONT_END).count();
        if lists || !own {
            let what = if lists {
                "lists the services"
            } else {
                "names the service"
            };
            found.push(Violation {
                file: path.clone(),
                line: first,
                rule: PLACES,
                what: format!("{what} ({LATEST})"),
            });
        }
    }
    found
}

/// The crate, a field, the name as a text, or the address; a module of this name is the crate's own.
fn lines_of_code(source: &Source, service: &str) -> Vec<usize> {
    let mentions = source.mentions.iter().filter(|mention| match &mention.name {
        Name::Path(path) => path.len() > 1 && path[0] == service,
        Name::Text(text) => text == service || text.contains(&api_prefix(service)),
        Name::Field(field) => field == service,
        _ => false,
    });
    mentions.map(|mention| mention.line).collect()
}

/// Files of these kinds configure services.
fn lines_of_settings(path: &str, text: &str, service: &str) -> Vec<usize> {
    let kinds = [".toml", ".yaml", ".yml", ".json", ".sh", "/run"];
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(service));
    match kinds.iter().any(|end| path.ends_with(end)) {
        true => lines.map(|(index, _)| index + 1).collect(),
        false => Vec::new(),
    }
}
