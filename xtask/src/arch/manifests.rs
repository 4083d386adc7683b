//! What the manifests say: who depends on whom, and who takes the workspace's lints.

use super::{Violation, source::Tree};

const ALONE: &str = "no service depends on another service; they share events and nothing else";

pub(super) fn services_do_not_depend_on_services(tree: &Tree) -> Vec<Violation> {
    let services: Vec<_> = tree.services().collect();
    let mut found = Vec::new();
    for member in services.iter().copied().chain(["common", "runtime"]) {
        let Some((file, text)) = tree.manifest(member) else {
            continue;
        };
        for (line, dependency) in dependencies(text) {
            if dependency != member && services.contains(&dependency.as_str()) {
                let what = format!("{member} depends on {dependency}");
                found.push(Violation {
                    file: file.clone(),
                    line,
                    rule: ALONE,
                    what,
                });
            }
        }
    }
    found
}

/// Each dependency of every kind with its line, by its package's name.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            // `[dependencies.posts]`
            if let Some((kind, name)) = table.rsplit_once('.')
                && kind.ends_with("dependencies")
            {
                found.push((index + 1, unquoted(name)));
                inside = false;
            }
        } else if let Some((name, value)) = line.split_once('=') {
            // `writer = { package = "posts", … }`, and the same inside `[dependencies.writer]`
            let renamed = line
                .split_once("package")
                .and_then(|(_, rest)| rest.split('"').nth(1));
            let name = name.split('.').next().unwrap_or_default();
            match renamed {
                Some(package) if inside || name.trim() == "package" => {
                    found.push((index + 1, package.to_owned()))
                }
                _ if inside && !value.is_empty() => found.push((index + 1, unquoted(name))),
                _ => {}
            }
        }
    }
    found
}

fn unquoted(name: &str) -> String {
    name.trim().trim_matches(['"', '\'']).to_owned()
}

const LINTS: &str = "every crate takes the workspace's lints: [lints] workspace = true";

pub(super) fn every_crate_takes_the_workspace_lints(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in tree.members() {
        let manifest = tree.manifest(member);
        let opted = manifest.is_some_and(|(_, text)| takes_lints(text));
        if !opted {
            let what = format!("{member} goes by lints of its own");
            found.push(Violation {
                file: format!("{member}/Cargo.toml"),
                line: 1,
                rule: LINTS,
                what,
            });
        }
    }
    found
}

fn takes_lints(manifest: &str) -> bool {
    let lines: Vec<String> = manifest.lines().map(|line| line.replace(' ', "")).collect();
    let table = lines.iter().position(|line| line == "[lints]");
    let in_table = table.is_some_and(|at| {
        let table = lines[at + 1..].iter().take_while(|line| !line.starts_with('['));
        table.into_iter().any(|line| line == "workspace=true")
    });
    in_table || lines.iter().any(|line| line == "lints.workspace=true")
}
