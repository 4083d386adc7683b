//! Response bodies from what is stored.

use common::{
    api::moderation as api,
    event::{ReportStatus, Timestamp},
};
use runtime::store::Stored;

use crate::{
    commands::{ActiveRules, ArchivedRules, CaseDetails, CaseRecord, OpenReport, ReportWithNote, StoredText},
    domain::{Decision, Report},
};

/// An entry of the queue, in its status since `since`.
pub fn queue_entry(mut record: CaseRecord, since: Timestamp) -> api::QueueEntry {
    let reports = record.reports.as_mut();
    let first = reports.map_or_else(Vec::new, |reports| std::mem::take(&mut reports.first));
    let reports = first.into_iter().map(open_report).collect();
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
pub fn case(details: CaseDetails) -> api::Case {
    let CaseDetails { mut record, reports } = details;
    let history = std::mem::take(&mut record.case.history);
    api::Case {
        decision: decision(record.case.decision.clone()),
        history: history.into_iter().map(decision).collect(),
        subject: subject(record, reports.into_iter().map(report).collect()),
    }
}

fn subject(record: CaseRecord, reports: Vec<api::Report>) -> api::Subject {
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
        report_count: record.reports.map_or(0, |reports| reports.open),
        reports,
        version: record.version,
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

fn open_report(report: OpenReport) -> api::Report {
    api::Report {
        reporter_id: report.reporter_id,
        reason: report.reason.as_str().to_owned(),
        note: report.note,
        revision: None,
        status: ReportStatus::Open,
        filed_at: report.filed_at,
        resolved_at: None,
    }
}

fn report(report: ReportWithNote) -> api::Report {
    let ReportWithNote { state, note } = report;
    api::Report {
        reporter_id: state.reporter_id,
        reason: state.reason.as_str().to_owned(),
        note,
        revision: Some(state.revision),
        status: state.status,
        filed_at: state.filed_at,
        resolved_at: state.resolved_at,
    }
}

/// A report as the user who filed it sees it.
pub fn own_report(stored: Stored<Report>) -> api::OwnReport {
    let report = stored.state;
    api::OwnReport {
        target: report.target,
        reason: report.reason.as_str().to_owned(),
        revision: report.revision,
        status: report.status,
        filed_at: report.filed_at,
        resolved_at: report.resolved_at,
    }
}

/// The title, the summary and as much of the text as was read; empty if it was deleted.
fn text_of(text: Option<StoredText>) -> (Option<String>, Option<String>, String) {
    text.map_or_else(Default::default, |text| {
        let body = text.body + text.rest.as_deref().unwrap_or_default();
        (text.title, text.summary, body)
    })
}

/// The active rules.
pub fn current_rules(active: &ActiveRules) -> api::CurrentRules {
    let ruleset = active.ruleset.as_ref();
    api::CurrentRules {
        revision: active.revision(),
        rules: active.set().clone(),
        note: ruleset.and_then(|ruleset| ruleset.note.clone()),
        changed_by: ruleset.map(|ruleset| ruleset.changed_by),
        changed_at: ruleset.map(|ruleset| ruleset.changed_at),
        version: active.version,
    }
}

/// A revision of the rules.
pub fn rules_change(archived: ArchivedRules) -> api::RulesChange {
    let summary = archived.summary.into_iter().map(|summary| api::RuleSummary {
        rule: summary.rule,
        name: summary.name,
        action: summary.action,
        entries: summary.entries,
        threshold: summary.threshold,
    });
    api::RulesChange {
        revision: archived.revision,
        summary: summary.collect(),
        report_threshold: archived.report_threshold,
        note: archived.note,
        changed_by: archived.changed_by,
        changed_at: archived.changed_at,
        rules: archived.rules,
    }
}
