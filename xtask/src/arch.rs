//! `arch`: the arrows that must never be drawn, as checks that name the place and the rule.
//!
//! It reads text, not types: comments, strings and `#[cfg(test)]` parts are blanked and names looked for in
//! what is left. That can be fooled on purpose; it is made against drawing an arrow unawares. What a rule is
//! for stands in `docs/architecture.md`.

mod alone;
mod blank;
mod layers;
mod manifests;
mod purity;
mod source;
#[cfg(test)]
mod tests;
mod words;

use crate::places::Places;
use source::Tree;
use std::{fmt, process::ExitCode, time::Instant};

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            rule,
            what,
        } = self;
        write!(f, "{file}:{line}: {what}\n    rule: {rule}")
    }
}

/// A rule looks at the whole tree and names each place that breaks it.
type Rule = fn(&Tree) -> Vec<Violation>;

const RULES: &[Rule] = &[
    purity::events_and_ids_stand_alone,
    purity::domain_is_pure,
    manifests::services_do_not_depend_on_services,
    alone::services_name_what_they_say_or_hear,
    alone::services_do_not_call_services,
    manifests::every_crate_takes_the_workspace_lints,
    layers::http_and_store_do_not_know_each_other,
    layers::only_relay_and_bus_publish,
    layers::only_store_and_projection_write,
    layers::query_publishes_no_business_events,
];

pub fn run() -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let tree = Tree::read(&Places::find()?.root)?;
    let found = check(&tree);
    for violation in &found {
        println!("{violation}\n");
    }
    let (files, rules, millis) = (tree.sources().count(), RULES.len(), began.elapsed().as_millis());
    if found.is_empty() {
        println!("arch: {rules} rules hold in {files} files ({millis} ms)");
        return Ok(ExitCode::SUCCESS);
    }
    println!("arch: {} violations in {files} files", found.len());
    Ok(ExitCode::FAILURE)
}

fn check(tree: &Tree) -> Vec<Violation> {
    let mut found: Vec<_> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    found.sort();
    // One line may break one rule in two words.
    found.dedup_by(|a, b| (&a.file, a.line, a.rule) == (&b.file, b.line, b.rule));
    found
}
