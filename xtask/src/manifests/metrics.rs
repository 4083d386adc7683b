//! The metrics of alerts and dashboards exist in the code, and every alert has a section in the runbook.

use super::findings::Findings;
use crate::{
    paths::{Paths, rust_files},
    services::SERVICES,
};
use anyhow::Context;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

const MONITORING: &str = "infra/k8s/components/monitoring";
const RUNBOOK: &str = "docs/operations.md";
/// Metrics of other programs: NATS's exporter, kube-state-metrics, cert-manager, Prometheus itself.
const OF_OTHERS: [&str; 5] = ["jetstream_", "gnatsd_", "kube_", "certmanager_", "up"];

pub(super) fn check(paths: &Paths) -> anyhow::Result<Findings> {
    let folder = paths.root.join(MONITORING);
    let rules = read(&folder.join("rules.yaml"))?;
    let mut names = BTreeSet::new();
    let mut alerts = Vec::new();
    for rule in serde_saphyr::from_multiple::<Value>(&rules)? {
        strings(&rule, "expr", &mut |query| metric_names(query, &mut names));
        strings(&rule, "alert", &mut |alert| alerts.push(alert.to_owned()));
    }
    for entry in fs::read_dir(folder.join("dashboards"))? {
        let dashboard: Value = serde_json::from_str(&read(&entry?.path())?)?;
        strings(&dashboard, "expr", &mut |query| metric_names(query, &mut names));
    }
    let own = own_metrics(paths)?;
    let is_known = |name: &str| {
        let base = name.strip_suffix("_bucket").unwrap_or(name);
        OF_OTHERS.iter().any(|prefix| name.starts_with(prefix)) || own.contains(base)
    };
    let mut found: Findings = names
        .iter()
        .filter(|name| !is_known(name))
        .map(|name| format!("{MONITORING}: no service has the metric {name}"))
        .collect();
    let runbook = read(&paths.root.join(RUNBOOK))?;
    let sections: Vec<_> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    for alert in alerts.iter().filter(|alert| !sections.contains(&alert.as_str())) {
        found.push(format!("{RUNBOOK} has no section of the alert {alert}"));
    }
    Ok(found)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Calls `visit` with every string under this key, at any depth.
fn strings(value: &Value, key: &str, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(text) if name == key => visit(text),
                    _ => strings(value, key, visit),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, key, visit)),
        _ => {}
    }
}

/// The metrics of a PromQL query: names with an underscore, and `up`. Functions, labels and texts are none.
fn metric_names(query: &str, names: &mut BTreeSet<String>) {
    let mut rest = query.to_owned();
    for (from, to) in [("{", "}"), ("[", "]"), ("by (", ")")] {
        while let Some(start) = rest.find(from) {
            let length = rest[start..]
                .find(to)
                .map_or(rest.len() - start, |end| end + to.len());
            rest.replace_range(start..start + length, " ");
        }
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Each part is a name and the one character behind it, if that is none.
    for part in rest.split_inclusive(|c| !is_name(c)) {
        let name = part.trim_end_matches(|c| !is_name(c));
        if !part.ends_with('(') && (name == "up" || name.contains('_')) {
            names.insert(name.to_owned());
        }
    }
}

fn own_metrics(paths: &Paths) -> anyhow::Result<BTreeSet<String>> {
    let services = SERVICES.iter().map(|service| service.name).chain(["runtime"]);
    let mut names = BTreeSet::new();
    for name in services {
        for (_, text) in rust_files(&paths.root.join(name).join("src"))? {
            for call in ["counter!(", "gauge!(", "histogram!("] {
                let calls = text.split(call).skip(1);
                let quoted = calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                names.extend(quoted.map(str::to_owned));
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_in_queries_and_labels_are_not() {
        let mut names = BTreeSet::new();
        let query = r#"histogram_quantile(0.9, sum by (service, le_x) (rate(a_bucket{route!~".*/b_c", d_e="x"}[5m]))) / count(up{f_g="h"} == 1) > 3"#;
        metric_names(query, &mut names);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a_bucket", "up"]);
    }
}
