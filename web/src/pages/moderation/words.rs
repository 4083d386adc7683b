//! Outcomes, findings and rules in the words of the moderators' pages.

use common::event::{DecidedBy, Outcome, ReportStatus, TargetKind};

use crate::{
    api::{
        moderating::Report,
        rules::{Finding, RuleSummary, Trial},
    },
    reasons,
};

/// What things are rejected and reported for: code and label.
pub const REASONS: [(&str, &str); 5] = [
    ("spam", "Spam or advertising"),
    ("abuse", "Harassment or abuse"),
    ("off_topic", "Off topic"),
    ("illegal", "Illegal content"),
    ("other", "Other"),
];

/// What it is, in a word.
pub fn kind(kind: &TargetKind) -> &'static str {
    match kind {
        TargetKind::Comment => "comment",
        TargetKind::Post => "post",
        TargetKind::Unknown => "text",
    }
}

/// How a badge is classed.
pub fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "approved",
        Outcome::Rejected => "rejected",
        Outcome::Flagged | Outcome::Unknown => "held",
    }
}

/// What stands in a badge.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "Approved",
        Outcome::Rejected => "Rejected",
        Outcome::Flagged => "Held",
        Outcome::Unknown => "Undecided",
    }
}

/// `Held: contains too many links`
pub fn standing(outcome: &Outcome, reason: &Option<String>) -> String {
    match reason {
        Some(reason) => format!("{}: {}", word(outcome), reasons::words(Some(reason))),
        None => word(outcome).to_owned(),
    }
}

/// Who decided, where it was no person.
pub fn by(decided_by: &DecidedBy) -> &'static str {
    match decided_by {
        DecidedBy::Rules => "the rules",
        DecidedBy::Moderator => "a moderator",
        DecidedBy::Unknown => "an unknown party",
    }
}

/// The badge of a report: its class and its word.
pub fn report(status: &ReportStatus) -> (&'static str, &'static str) {
    match status {
        ReportStatus::Open => ("open", "Open"),
        ReportStatus::Upheld => ("upheld", "Upheld"),
        ReportStatus::Dismissed => ("dismissed", "Dismissed"),
        ReportStatus::Lapsed => ("draft", "Content deleted"),
        ReportStatus::Unknown => ("draft", "Resolved"),
    }
}

/// `Spam or advertising`
pub fn reported_for(code: &str) -> String {
    let known = REASONS.iter().find(|(other, _)| *other == code);
    known.map_or_else(|| code.replace('_', " "), |(_, label)| (*label).to_owned())
}

/// `2 reports: spam (2)`; of many, what the first few say.
pub fn reports(count: &u32, first: &[Report]) -> String {
    let mut reasons: Vec<(String, u32)> = Vec::new();
    for report in first {
        let reason = report.reason.replace('_', " ");
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, number)) => *number += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(reason, number)| format!("{reason} ({number})"))
        .collect();
    let noun = if *count == 1 { "report" } else { "reports" };
    if reasons.is_empty() {
        format!("{count} {noun}")
    } else {
        format!("{count} {noun}: {}", reasons.join(", "))
    }
}

/// `phrases “insults”: “flubber”, found as “fl*bber”, line 3`
pub fn finding(finding: &Finding) -> String {
    let mut text = rule(&finding.rule).to_owned();
    if let Some(list) = &finding.list {
        text = format!("{text} “{list}”");
    }
    if let Some(entry) = &finding.entry {
        text = format!("{text}: “{entry}”");
    }
    if let Some(found) = finding
        .found
        .as_ref()
        .filter(|found| finding.entry.as_ref() != Some(found))
    {
        text = format!("{text}, found as “{found}”");
    }
    if let Some((count, limit)) = finding.count.zip(finding.limit) {
        text = format!("{text}: {count} (limit {limit})");
    }
    if let Some(line) = finding.line {
        text = format!("{text}, line {line}");
    }
    text
}

/// A kind of rule.
pub fn rule(name: &str) -> &str {
    match name {
        "phrases" => "Phrases",
        "domains" => "Domains",
        "links" => "Links",
        "repeated_text" => "Repeated text",
        "first_comment" => "First comment",
        "capitals" => "Capital letters",
        other => other,
    }
}

/// `Phrases “insults”: reject, 12 entries`
pub fn summary(summary: &RuleSummary) -> String {
    let mut text = rule(&summary.rule).to_owned();
    if let Some(name) = &summary.name {
        text = format!("{text} “{name}”");
    }
    text = format!("{text}: {}", summary.action);
    match summary.entries {
        Some(1) => text = format!("{text}, 1 entry"),
        Some(entries) => text = format!("{text}, {entries} entries"),
        None => {}
    }
    if let Some(threshold) = summary.threshold {
        text = format!("{text}, {threshold}");
    }
    text
}

/// What the rules would do.
pub fn trial(trial: &Trial) -> String {
    let verdict = match trial.outcome {
        Outcome::Approved => "This would be published immediately.",
        Outcome::Flagged => "This would be held for review",
        Outcome::Rejected => "This would be rejected",
        Outcome::Unknown => "The result is unknown",
    };
    match &trial.reason {
        Some(reason) => format!("{verdict}: {}.", reasons::words(Some(reason))),
        None => verdict.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::rules::Action;

    #[test]
    fn a_finding_says_where_to_look() {
        let found = Finding {
            rule: "phrases".to_owned(),
            action: Action::Hold,
            list: Some("insults".to_owned()),
            entry: Some("flubber".to_owned()),
            found: Some("fl*bber".to_owned()),
            line: Some(3),
            count: None,
            limit: None,
        };
        assert_eq!(
            finding(&found),
            "Phrases “insults”: “flubber”, found as “fl*bber”, line 3"
        );
        let many = Finding {
            rule: "links".to_owned(),
            list: None,
            entry: None,
            found: None,
            line: None,
            count: Some(6),
            limit: Some(5),
            ..found
        };
        assert_eq!(finding(&many), "Links: 6 (limit 5)");
    }

    #[test]
    fn reports_are_counted_by_reason() {
        assert_eq!(reports(&0, &[]), "0 reports");
        assert_eq!(standing(&Outcome::Flagged, &None), "Held");
        assert_eq!(
            standing(&Outcome::Rejected, &Some("spam".to_owned())),
            "Rejected: spam or advertising"
        );
    }
}
