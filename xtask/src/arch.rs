//! `arch`: the dependency rules between crates and modules, as checks that name the place and the rule.
//!
//! Sources are read with `syn`, without their tests; manifests with `toml`. There is no type information: a rule
//! knows what a name is by its spelling, which guards against mistakes and not against intent.
//! `docs/architecture.md` has the reasons of the rules.

mod cycles;
mod layers;
mod manifests;
mod mentions;
mod places;
mod purity;
mod service_isolation;
mod size;
#[cfg(test)]
mod tests;
mod violation;
mod workspace;

use crate::paths::Paths;
use std::process::ExitCode;
use violation::Violation;
use workspace::Workspace;

type Rule = fn(&Workspace) -> Vec<Violation>;

const RULES: &[Rule] = &[
    manifests::the_contract_depends_on_no_runtime,
    manifests::content_depends_on_no_runtime,
    manifests::only_services_use_the_runtime,
    manifests::services_do_not_depend_on_services,
    manifests::every_crate_uses_the_workspace_lints,
    purity::domain_is_pure,
    purity::content_is_pure,
    service_isolation::services_name_only_the_events_of_their_topology,
    service_isolation::services_do_not_call_services,
    layers::http_and_store_are_separate,
    layers::only_relay_and_bus_publish,
    layers::only_store_and_projection_write,
    layers::query_publishes_no_business_events,
    cycles::files_do_not_import_each_other,
    size::files_are_short,
    size::modules_have_their_own_names,
    places::a_service_is_named_in_few_places,
];

/// Known violations that are to be removed: the beginning of the rule and of the file.
const EXCEPTIONS: &[(&str, &str)] = &[];

pub fn run() -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read(&Paths::find()?.root)?;
    let found = unknown(check(&workspace));
    for violation in &found {
        println!("{violation}\n");
    }
    let (rules, files) = (RULES.len(), workspace.sources.len());
    if found.is_empty() {
        println!("arch: {rules} rules hold in {files} files");
        return Ok(ExitCode::SUCCESS);
    }
    println!("arch: {} violations in {files} files", found.len());
    Ok(ExitCode::FAILURE)
}

fn unknown(mut found: Vec<Violation>) -> Vec<Violation> {
    let known = |violation: &Violation| EXCEPTIONS.iter().any(|exception| is_known(violation, exception));
    found.retain(|violation| !known(violation));
    found
}

fn is_known(violation: &Violation, (rule, file): &(&str, &str)) -> bool {
    violation.rule.starts_with(rule) && violation.file.starts_with(file)
}

fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found: Vec<_> = RULES.iter().flat_map(|rule| rule(workspace)).collect();
    found.sort();
    // One line may break a rule with two names.
    found.dedup_by(|a, b| (&a.file, a.line, a.rule) == (&b.file, b.line, b.rule));
    found
}
