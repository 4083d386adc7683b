//! Response bodies from what is stored.

use common::{
    api::moderation as api,
    event::{ReportStatus, Timestamp},
};

use crate::{
    commands::{Archived, InForce, OpenReport, Record, Sight, Sighted, StoredText, Words},
    domain::Decision,
};

/// An entry of the queue, in its status since `since`.
pub fn queue_entry(sight: Sight, since: Timestamp) -> api::QueueEntry {
    let Sight {
        mut record,
        mut words,
    } = sight;
    let first = record
        .reports
        .as_mut()
        .map(|reports| std::mem::take(&mut reports.first));
    let open = |report: OpenReport| api::Report {
        note: words.remove(&report.reporter_id.to_string()),
        reporter_id: report.reporter_id,
        reason: report.reason.as_str().to_owned(),
        revision: None,
        status: ReportStatus::Open,
        filed_at: report.filed_at,
        resolved_at: None,
    };
    let reports = first.unwrap_or_default().into_iter().map(open).collect();
    let decision = record.case.decision.clone();
    api::QueueEntry {
        is_long: record.text.as_ref().is_some_and(|text| text.is_long),
        subject: subject(record, reports),
        revision: decision.revision,
        outcome: decision.outcome,
        reason: decision.reason,
        decided_by: decision.decided_by,
        since,
    }
}

/// A comment or post with its decisions and reports.
pub fn case(sighted: Sighted) -> api::Case {
    let Sighted { mut record, reports } = sighted;
    let history = std::mem::take(&mut record.case.history);
    api::Case {
        decision: decision(record.case.decision.clone()),
        history: history.into_iter().map(decision).collect(),
        subject: subject(record, reports.into_iter().map(report).collect()),
    }
}

fn subject(record: Record, reports: Vec<api::Report>) -> api::Subject {
    let (title, summary, text) = text_of(record.text);
    api::Subject {
        target: record.case.target,
        post_id: record.post_id,
        slug: record.slug,
        title,
        summary,
        text,
        author_id: record.author_id,
        findings: record.findings,
        report_count: record
            .reports
            .map_or(0, |reports| u64::try_from(reports.open).unwrap_or_default()),
        reports,
        version: u64::try_from(record.version).unwrap_or_default(),
    }
}

fn decision(decision: Decision) -> api::Decision {
    api::Decision {
        revision: decision.revision,
        outcome: decision.outcome,
        reason: decision.reason,
        note: decision.note,
        decided_by: decision.decided_by,
        moderator_id: decision.moderator_id,
        rules_revision: decision.rules_revision,
        matched: decision.matched,
        decided_at: decision.decided_at,
    }
}

fn report(words: Words) -> api::Report {
    let report = words.state;
    api::Report {
        reporter_id: report.reporter_id,
        reason: report.reason.as_str().to_owned(),
        note: words.note,
        revision: Some(report.revision),
        status: report.status,
        filed_at: report.filed_at,
        resolved_at: report.resolved_at,
    }
}

/// The title, the summary and as much of the text as was read; empty if the text was deleted.
fn text_of(text: Option<StoredText>) -> (Option<String>, Option<String>, String) {
    text.map_or_else(Default::default, |text| {
        let body = text.body + text.rest.as_deref().unwrap_or_default();
        (text.title, text.summary, body)
    })
}

/// The rules in effect.
pub fn current_rules(in_force: &InForce) -> api::CurrentRules {
    let ruleset = in_force.ruleset.as_ref();
    api::CurrentRules {
        revision: in_force.revision(),
        rules: in_force.set().clone(),
        note: ruleset.and_then(|ruleset| ruleset.note.clone()),
        changed_by: ruleset.map(|ruleset| ruleset.changed_by),
        changed_at: ruleset.map(|ruleset| ruleset.changed_at),
        version: in_force.version,
    }
}

/// A revision of the rules.
pub fn rules_change(archived: Archived) -> api::RulesChange {
    let summary = archived.summary.into_iter().map(|summary| api::RuleSummary {
        rule: summary.rule,
        name: summary.name,
        action: summary.action,
        entries: summary.entries,
        threshold: summary.threshold,
    });
    api::RulesChange {
        revision: u64::try_from(archived.revision).unwrap_or_default(),
        summary: summary.collect(),
        report_threshold: archived.report_threshold,
        note: archived.note,
        changed_by: archived.changed_by,
        changed_at: archived.changed_at,
        rules: archived.rules,
    }
}
