//! Every row of `tests/data/cases.jsonl`, judged by `tests/data/rules.json`.

use std::{fmt::Write as _, time::Duration};

use common::api::moderation::RuleSet;
use moderation::domain::rules::{Field, Kind, Rules, Submission};
use serde::Deserialize;

const RULES: &str = include_str!("../data/rules.json");
const CASES: &str = include_str!("../data/cases.jsonl");

/// A row: a text, the expected decision, and what decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    expect: String,
    /// The deciding phrase or domain, as it is listed.
    entry: Option<String>,
    /// What the row demonstrates.
    why: String,
    reason: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default = "many")]
    approved: u64,
    #[serde(default = "old")]
    age_hours: Option<u64>,
    #[serde(default)]
    elsewhere: u64,
}

fn many() -> u64 {
    10
}

fn old() -> Option<u64> {
    Some(10_000)
}

#[test]
fn every_case_is_judged_as_expected() {
    let set: RuleSet = serde_json::from_str(RULES).unwrap();
    let rules = Rules::compile(&set, None).unwrap();
    let (mut count, mut innocent, mut failures) = (0, 0, String::new());
    for (line, text) in (1..).zip(CASES.lines()) {
        let case: Case = serde_json::from_str(text).unwrap_or_else(|error| panic!("line {line}: {error}"));
        let judgement = rules.judge(&Submission {
            kind: match case.kind.as_deref() {
                Some("post") => Kind::Post,
                _ => Kind::Comment,
            },
            fields: &[Field::Markdown(&case.text)],
            author_approved_comments: case.approved,
            author_account_age: case.age_hours.map(|hours| Duration::from_secs(3600 * hours)),
            same_text_elsewhere: case.elsewhere,
        });
        let outcome = judgement.outcome.as_str();
        let by = judgement.findings.first();
        let as_expected = outcome == case.expect
            && by.and_then(|by| by.entry.as_deref()) == case.entry.as_deref()
            && (case.reason.is_none() || judgement.reason == case.reason)
            && (by.is_some() || case.expect == "approved");
        if !as_expected {
            writeln!(
                failures,
                "line {line}: {:?} ({}): expected {} {:?}, got {outcome} by {by:?}",
                case.text, case.why, case.expect, case.entry
            )
            .unwrap();
        }
        count += 1;
        innocent += usize::from(case.expect == "approved");
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(
        count >= 150 && innocent >= 50,
        "{count} cases, {innocent} of them innocent"
    );
}
