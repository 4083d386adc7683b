//! Lag in the formats of monitoring systems.

use std::fmt::Write as _;

use super::check::{Limits, Verdict};
use crate::readers::Reader;

/// One line with the problems and performance data.
///
/// Source: Monitoring Plugins Development Guidelines, "Plugin Output" and "Performance data".
pub(super) fn nagios(readers: &[Reader], verdict: &Verdict, limits: Option<&Limits>) -> String {
    let summary = match &verdict.findings[..] {
        [] => {
            let most = readers.iter().filter_map(|reader| reader.lag_events).max();
            format!(
                "{} readers, at most {} events behind",
                readers.len(),
                most.unwrap_or(0)
            )
        }
        findings => {
            let reasons: Vec<_> = findings.iter().map(|(_, _, why)| why.as_str()).collect();
            reasons.join(", ")
        }
    };
    let mut line = format!("LAG {} - {summary} |", verdict.status().as_str());
    let (warn, crit) = limits.map_or_else(Default::default, |limits| {
        (limits.warn.clone(), limits.crit.clone())
    });
    let or_nothing = |value: Option<String>| value.unwrap_or_default();
    for reader in readers {
        let (name, events) = (&reader.name, reader.lag_events.map(|events| events.to_string()));
        let seconds = reader.lag_seconds.map(|seconds| format!("{seconds:.3}s"));
        // U: unknown.
        let _ = write!(
            line,
            " '{name} events'={};{};{};0 '{name} time'={};{};{};0",
            events.unwrap_or_else(|| "U".to_owned()),
            or_nothing(warn.events.map(|limit| limit.to_string())),
            or_nothing(crit.events.map(|limit| limit.to_string())),
            seconds.unwrap_or_else(|| "U".to_owned()),
            or_nothing(warn.time.map(|limit| limit.as_secs_f64().to_string())),
            or_nothing(crit.time.map(|limit| limit.as_secs_f64().to_string())),
        );
    }
    line.push('\n');
    line
}

/// Prometheus's text format 0.0.4.
pub(super) fn prometheus(readers: &[Reader]) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, value: &dyn Fn(&Reader) -> Option<f64>| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for reader in readers {
            if let Some(value) = value(reader) {
                let (kind, service) = (reader.kind.as_str(), reader.service.unwrap_or_default());
                let reader = escaped(&reader.name);
                let _ = writeln!(
                    text,
                    r#"{name}{{reader="{reader}",kind="{kind}",service="{service}"}} {value}"#
                );
            }
        }
    };
    metric(
        "inkstream_reader_lag_events",
        "Events that the reader has not processed.",
        &|reader| reader.lag_events.map(|events| events as f64),
    );
    metric(
        "inkstream_reader_lag_seconds",
        "Age of the first event that the reader has not processed.",
        &|reader| reader.lag_seconds,
    );
    metric(
        "inkstream_reader_unacknowledged",
        "Events delivered but not acknowledged.",
        &|reader| reader.unacknowledged.map(|count| count as f64),
    );
    metric(
        "inkstream_reader_present",
        "Whether the reader exists on the server.",
        &|reader| {
            let missing = reader.state == crate::readers::State::Missing;
            Some(if missing { 0.0 } else { 1.0 })
        },
    );
    text
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
