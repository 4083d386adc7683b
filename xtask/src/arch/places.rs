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
/// What is not part of adding a service: pages, prose, generated documents, benchmarks, and these rules.
const OTHERS: [&str; 6] = [
    "web/",
    "docs/",
    "common/contract/",
    "bench/",
    "README.md",
    "xtask/src/arch",
];
/// A file that names so many services lists them.
const LIST: usize = 5;

pub(super) fn a_service_is_named_in_few_places(workspace: &Workspace) -> Vec<Violation> {
    let services: Vec<_> = workspace.services().collect();
    let mut found = Vec::new();
    for (path, text) in &workspace.texts {
        let others = OTHERS.iter().any(|other| path.starts_with(other));
        if others || ALLOWED.contains(&path.as_str()) || !services.contains(&LATEST) {
            continue;
        }
        let source = workspace.sources.iter().find(|source| source.path == *path);
        let line = |service: &str| match source {
            Some(source) => line_in_code(source, service),
            None => text
                .lines()
                .position(|line| is_setting(path) && line.contains(service)),
        };
        let Some(index) = line(LATEST) else { continue };
        // Its own folder and files; services that consume its events; tests of one feature.
        let about = path.split(['/', '.']).any(|part| part == LATEST);
        let member = path.split('/').next().unwrap_or_default();
        let own = about || services.contains(&member) || path.contains("tests/");
        let lists = services.iter().filter(|service| line(service).is_some()).count() >= LIST;
        if lists || !own {
            let what = if lists {
                "lists the services"
            } else {
                "names the service"
            };
            found.push(Violation {
                file: path.clone(),
                line: index + 1,
                rule: PLACES,
                what: format!("{what} ({LATEST})"),
            });
        }
    }
    found
}

/// Whether a file of this kind configures services.
fn is_setting(path: &str) -> bool {
    [".toml", ".yaml", ".yml", ".json", ".sh", "/run"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// The crate, the name as a text, or the address; a module of this name is the crate's own.
fn line_in_code(source: &Source, service: &str) -> Option<usize> {
    let mut mentions = source.mentions.iter();
    let found = mentions.find(|mention| match &mention.name {
        Name::Path(path) => path.len() > 1 && path[0] == service,
        Name::Text(text) => text == service || text.contains(&api_prefix(service)),
        _ => false,
    });
    found.map(|mention| mention.line - 1)
}
