//! What goes out of cases.

use common::{
    event::{DecidedBy, Outcome, ReportStatus, Target, TargetKind, Timestamp},
    ids::{PostId, UserId, VerdictId},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    commands::{OpenReport, Record, Sight, Sighted, StoredText, Words},
    domain::{Decision, rules::Finding},
};

/// What a verdict or a report is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetView {
    /// Which of both
    pub kind: TargetKind,
    /// Its id
    pub id: VerdictId,
}

impl From<Target> for TargetView {
    fn from(target: Target) -> Self {
        Self {
            kind: target.kind,
            id: target.id,
        }
    }
}

/// A report, as moderators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// Who reported it
    pub reporter_id: UserId,
    /// Why: `spam`, `abuse`, `off_topic`, `illegal` or `other`
    pub reason: String,
    /// Their own words
    pub note: Option<String>,
    /// Which text they saw
    pub revision: Option<u64>,
    /// Where it stands
    pub status: ReportStatus,
    /// When it was filed
    pub filed_at: Timestamp,
    /// When it ceased to be open
    pub resolved_at: Option<Timestamp>,
}

/// An entry of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueEntry {
    /// What it is about
    pub target: TargetView,
    /// The post itself, or that which the comment is on
    pub post_id: PostId,
    /// A post's address
    pub slug: Option<String>,
    /// A post's title
    pub title: Option<String>,
    /// A post's summary
    pub summary: Option<String>,
    /// The first 5,000 characters of the text, Markdown
    pub text: String,
    /// Whether the text goes on
    pub is_long: bool,
    /// Who wrote it; absent once their account is deleted
    pub author_id: Option<UserId>,
    /// Which text it is; a decision names it
    pub revision: u64,
    /// How it stands
    pub outcome: Outcome,
    /// Why, as a code
    pub reason: Option<String>,
    /// What the rules found in it when it came
    pub findings: Vec<Finding>,
    /// Who decided so
    pub decided_by: DecidedBy,
    /// Since when it stands so; of what is listed as reported: since when it has open reports
    pub since: Timestamp,
    /// How many reports are open
    pub report_count: i64,
    /// The first few of them
    pub reports: Vec<ReportView>,
    /// Counts the decisions, from 1; for `If-Match`
    pub version: u64,
}

impl QueueEntry {
    pub fn of(sight: Sight, since: Timestamp) -> Self {
        let Sight { record, mut words } = sight;
        let (count, reports) = record
            .reports
            .map_or((0, Vec::new()), |reports| (reports.open, reports.first));
        let view = |report: OpenReport| ReportView {
            note: words.remove(&report.reporter_id.to_string()),
            reporter_id: report.reporter_id,
            reason: report.reason.as_str().to_owned(),
            revision: None,
            status: ReportStatus::Open,
            filed_at: report.filed_at,
            resolved_at: None,
        };
        let reports = reports.into_iter().map(view).collect();
        let is_long = record.text.as_ref().is_some_and(|text| text.is_long);
        let (title, summary, text) = text_of(record.text);
        let decision = record.case.decision;
        Self {
            target: record.case.target.into(),
            post_id: record.post_id,
            slug: record.slug,
            title,
            summary,
            text,
            is_long,
            author_id: record.author_id,
            revision: decision.revision,
            outcome: decision.outcome,
            reason: decision.reason,
            findings: record.findings,
            decided_by: decision.decided_by,
            since,
            report_count: count,
            reports,
            version: u64::try_from(record.version).unwrap_or_default(),
        }
    }
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// Which text it is about
    pub revision: u64,
    /// What was decided
    pub outcome: Outcome,
    /// Why, as a code
    pub reason: Option<String>,
    /// A moderator's words for the author
    pub note: Option<String>,
    /// Who decided
    pub decided_by: DecidedBy,
    /// Which moderator, if one did
    pub moderator_id: Option<UserId>,
    /// Which rules were in force
    pub rules_revision: u64,
    /// What the rules found, in short
    pub matched: Vec<String>,
    /// When it was decided
    pub decided_at: Timestamp,
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        Self {
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
}

/// All about one comment or post, for moderators.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseView {
    /// What it is about
    pub target: TargetView,
    /// The post itself, or that which the comment is on
    pub post_id: PostId,
    /// A post's address
    pub slug: Option<String>,
    /// A post's title
    pub title: Option<String>,
    /// A post's summary
    pub summary: Option<String>,
    /// The text, Markdown
    pub text: String,
    /// Who wrote it; absent once their account is deleted
    pub author_id: Option<UserId>,
    /// The decision in force
    #[serde(flatten)]
    pub decision: DecisionView,
    /// What the rules found in the text when it came
    pub findings: Vec<Finding>,
    /// The decisions before it, oldest first, at most 32
    pub history: Vec<DecisionView>,
    /// How many reports are open
    pub report_count: i64,
    /// Its reports, at most 100
    pub reports: Vec<ReportView>,
    /// Counts the decisions, from 1; as in `ETag`
    pub version: u64,
}

impl From<Sighted> for CaseView {
    fn from(sighted: Sighted) -> Self {
        let Sighted { record, reports } = sighted;
        let Record {
            version,
            case,
            author_id,
            post_id,
            slug,
            text,
            findings,
            reports: open,
        } = record;
        let (title, summary, text) = text_of(text);
        Self {
            target: case.target.into(),
            post_id,
            slug,
            title,
            summary,
            text,
            author_id,
            decision: case.decision.into(),
            findings,
            history: case.history.into_iter().map(DecisionView::from).collect(),
            report_count: open.map_or(0, |open| open.open),
            reports: reports.into_iter().map(ReportView::from).collect(),
            version: u64::try_from(version).unwrap_or_default(),
        }
    }
}

impl From<Words> for ReportView {
    fn from(words: Words) -> Self {
        let report = words.state;
        Self {
            reporter_id: report.reporter_id,
            reason: report.reason.as_str().to_owned(),
            note: words.note,
            revision: Some(report.revision),
            status: report.status,
            filed_at: report.filed_at,
            resolved_at: report.resolved_at,
        }
    }
}

/// Title, summary and text, as far as it was read. Nothing without a text is ever shown.
fn text_of(text: Option<StoredText>) -> (Option<String>, Option<String>, String) {
    text.map_or_else(Default::default, |text| {
        let body = text.body + text.rest.as_deref().unwrap_or_default();
        (text.title, text.summary, body)
    })
}
