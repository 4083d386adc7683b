//! What is decided about comments and posts, and reports of them, as `moderation` answers it.

use axum::http::Method;
use common::{
    api::Page,
    event::{DecidedBy, Outcome, ReportStatus, Target, TargetKind, Timestamp},
    ids::{PostId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Api, Part, Trouble, rules::Finding, with_query};

/// Entries on one page of the queue. A post's text may be 256 KiB long, and all of them must fit into one answer.
const QUEUE_PAGE: &str = "10";
/// Reports on one page of one's own.
const REPORTS_PAGE: &str = "20";

/// Which part of the queue is asked for.
#[derive(Debug, Clone, Default)]
pub struct QueueQuery<'a> {
    pub status: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub reporter: Option<UserId>,
    pub older_than: Option<Timestamp>,
    pub newer_than: Option<Timestamp>,
    pub order: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// What is known of a comment or post that was judged, wherever it is shown.
#[derive(Debug, Clone, Deserialize)]
pub struct Subject {
    pub target: Target,
    /// The post itself, or that which the comment is on.
    pub post_id: PostId,
    pub slug: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    /// Markdown.
    pub text: String,
    /// Absent once their account is deleted.
    pub author_id: Option<UserId>,
    /// What the rules found in it.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How many are open.
    #[serde(default)]
    pub report_count: u32,
    #[serde(default)]
    pub reports: Vec<Report>,
    /// Counts the decisions; for `If-Match`.
    pub version: u64,
}

/// An entry of the queue.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    #[serde(flatten)]
    pub subject: Subject,
    /// Which text it is; a decision names it.
    pub revision: u64,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub since: Timestamp,
}

/// All about one comment or post.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    #[serde(flatten)]
    pub subject: Subject,
    /// The decision in force.
    #[serde(flatten)]
    pub decision: Decision,
    /// Those before it, oldest first.
    pub history: Vec<Decision>,
}

/// A decision.
#[derive(Debug, Clone, Deserialize)]
pub struct Decision {
    pub revision: u64,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub note: Option<String>,
    pub decided_by: DecidedBy,
    pub moderator_id: Option<UserId>,
    pub rules_revision: u64,
    #[serde(default)]
    pub matched: Vec<String>,
    pub decided_at: Timestamp,
}

/// A report, as moderators see it.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    pub reporter_id: Option<UserId>,
    pub reason: String,
    pub note: Option<String>,
    pub status: ReportStatus,
    pub filed_at: Timestamp,
}

/// A report, as the one who filed it sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct OwnReport {
    pub target: Target,
    pub reason: String,
    pub status: ReportStatus,
    pub filed_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// What a moderator says.
#[derive(Debug, Clone, Serialize)]
pub struct Ruling<'a> {
    pub decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// The text that they have seen.
    pub revision: u64,
}

/// A public comment, as its service answers it.
#[derive(Debug, Clone, Deserialize)]
pub struct Remark {
    pub post_id: PostId,
    /// The text that readers see.
    pub approved: Option<Text>,
}

/// A text, Markdown.
#[derive(Debug, Clone, Deserialize)]
pub struct Text {
    pub body: String,
}

fn path(target: Target) -> String {
    format!("/api/moderation/{}s/{}", target.kind.as_str(), target.id)
}

impl Api {
    /// A page of the queue.
    ///
    /// # Errors
    /// If moderation is away, or a filter cannot be.
    pub async fn queue(&self, query: &QueueQuery<'_>) -> Result<Answer<Page<Entry>>, Trouble> {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let (older, newer) = (time(query.older_than), time(query.newer_than));
        let reporter = query.reporter.map(|id| id.to_string());
        let parameters = [
            ("status", query.status),
            ("kind", query.kind),
            ("reporter", reporter.as_deref()),
            ("older_than", older.as_deref()),
            ("newer_than", newer.as_deref()),
            ("order", query.order),
            ("cursor", query.after),
            ("limit", Some(QUEUE_PAGE)),
        ];
        let path = with_query("/api/moderation/queue", &parameters);
        self.get(Part::Moderation, path).send().await
    }

    /// How a comment or post stands.
    ///
    /// # Errors
    /// If moderation is away, or never heard of it.
    pub async fn case(&self, target: Target) -> Result<Answer<Case>, Trouble> {
        self.get(Part::Moderation, path(target)).send().await
    }

    /// Decides about a comment or post, if no other decision came since `version`.
    ///
    /// # Errors
    /// If moderation is away, the ruling is refused, or things have changed.
    pub async fn decide(
        &self,
        target: Target,
        version: Option<u64>,
        ruling: &Ruling<'_>,
    ) -> Result<Answer<Case>, Trouble> {
        let call = self.call(Part::Moderation, Method::PUT, path(target));
        let call = match version {
            Some(version) => call.if_match(version),
            None => call,
        };
        call.json(ruling).send().await
    }

    /// Reports a comment or post.
    ///
    /// # Errors
    /// If moderation is away, or there is nothing that could be reported.
    pub async fn report(
        &self,
        target: Target,
        reason: &str,
        note: Option<&str>,
    ) -> Result<Answer<OwnReport>, Trouble> {
        let body = json!({ "target": target, "reason": reason, "note": note });
        self.post(Part::Moderation, "/api/moderation/reports")
            .json(&body)
            .send()
            .await
    }

    /// A page of one's own reports, newest first.
    ///
    /// # Errors
    /// If moderation is away.
    pub async fn own_reports(&self, after: Option<&str>) -> Result<Answer<Page<OwnReport>>, Trouble> {
        let parameters = [("cursor", after), ("limit", Some(REPORTS_PAGE))];
        let path = with_query("/api/moderation/reports/mine", &parameters);
        self.get(Part::Moderation, path).send().await
    }

    /// What readers see of a comment.
    ///
    /// # Errors
    /// If comments are away, or there is none for this visitor.
    pub async fn remark(&self, target: Target) -> Result<Answer<Remark>, Trouble> {
        self.get(Part::Comments, format!("/api/comments/{}", target.id))
            .send()
            .await
    }
}

impl Subject {
    /// The page of moderators about it.
    pub fn case_path(&self) -> String {
        case_path(self.target)
    }

    /// Everybody whose name is shown beside it.
    pub fn people(&self) -> impl Iterator<Item = UserId> {
        let reporters = self.reports.iter().filter_map(|report| report.reporter_id);
        self.author_id.into_iter().chain(reporters)
    }

    /// The post it is on, where it is a comment.
    pub fn on(&self) -> Option<PostId> {
        (self.target.kind == TargetKind::Comment).then_some(self.post_id)
    }
}

/// The page of moderators about a comment or post.
pub fn case_path(target: Target) -> String {
    format!("/moderation/{}s/{}", target.kind.as_str(), target.id)
}
