//! Rules about the manifests: the dependencies between crates, and the workspace lints.

use super::{violation::Violation, workspace::Workspace};

const CONTRACT: &str = "common is the contract: it depends on no axum, mongodb, async-nats or tokio";
const HEAVY: [&str; 5] = ["axum", "mongodb", "async-nats", "tokio", "runtime"];

pub(super) fn the_contract_depends_on_no_runtime(workspace: &Workspace) -> Vec<Violation> {
    let forbidden = |member: &str, dependency: &str, for_tests: bool| {
        member == "common" && !for_tests && HEAVY.contains(&dependency)
    };
    dependencies(workspace, CONTRACT, forbidden)
}

const CONTENT: &str = "content is pure: it depends on no axum, mongodb, async-nats or tokio";

pub(super) fn content_depends_on_no_runtime(workspace: &Workspace) -> Vec<Violation> {
    let forbidden = |member: &str, dependency: &str, for_tests: bool| {
        member == "content" && !for_tests && HEAVY.contains(&dependency)
    };
    dependencies(workspace, CONTENT, forbidden)
}

const RUNTIME: &str = "only services and tests use the runtime; tools use common";
/// The crates that test services.
const TESTS: [&str; 3] = ["testkit", "tests", "bench"];

pub(super) fn only_services_use_the_runtime(workspace: &Workspace) -> Vec<Violation> {
    let services: Vec<_> = workspace.services().collect();
    let forbidden = |member: &str, dependency: &str, for_tests: bool| {
        let allowed = for_tests || services.contains(&member) || TESTS.contains(&member);
        dependency == "runtime" && !allowed
    };
    dependencies(workspace, RUNTIME, forbidden)
}

const SERVICES: &str = "services share events and nothing else: outside tests no crate depends on a service";

pub(super) fn services_do_not_depend_on_services(workspace: &Workspace) -> Vec<Violation> {
    let services: Vec<_> = workspace.services().collect();
    let forbidden = |member: &str, dependency: &str, for_tests: bool| {
        let allowed = TESTS.contains(&member) || (for_tests && !services.contains(&member));
        services.contains(&dependency) && dependency != member && !allowed
    };
    dependencies(workspace, SERVICES, forbidden)
}

fn dependencies(
    workspace: &Workspace,
    rule: &'static str,
    forbidden: impl Fn(&str, &str, bool) -> bool,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for (member, manifest) in &workspace.members {
        for (dependency, for_tests) in manifest.dependencies() {
            if forbidden(member, dependency, for_tests) {
                found.push(violation(
                    member,
                    rule,
                    format!("{member} depends on {dependency}"),
                ));
            }
        }
    }
    found
}

fn violation(member: &str, rule: &'static str, what: String) -> Violation {
    let file = format!("{member}/Cargo.toml");
    Violation {
        file,
        line: 1,
        rule,
        what,
    }
}

const LINTS: &str = "every crate uses the workspace lints: [lints] workspace = true";

pub(super) fn every_crate_uses_the_workspace_lints(workspace: &Workspace) -> Vec<Violation> {
    let members = workspace.members.iter();
    let without = members.filter(|(_, manifest)| manifest.lints.get("workspace") != Some(&true.into()));
    without
        .map(|(member, _)| violation(member, LINTS, format!("{member} has its own lints")))
        .collect()
}
