//! The public state of what `moderation` owns: verdicts, reports and the rules.
//!
//! It never contains a moderated text, a phrase of a rule or a free-text note of a reporter, since more people read the
//! log than may see these. Readers are tolerant, as of every [state](super::state).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::ids::{CommentId, PostId, UserId, VerdictId};

/// The kind of content that a verdict or report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A comment.
    Comment,
    /// A post.
    Post,
    /// A kind of a newer release, which is ignored.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl TargetKind {
    /// The kind's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Post => "post",
            Self::Unknown => "unknown",
        }
    }
}

/// The comment or post that a verdict or a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Comment or post.
    pub kind: TargetKind,
    /// Its id, which is also the id of the verdict.
    pub id: VerdictId,
}

impl Target {
    /// The comment, if it is one.
    pub fn comment(self) -> Option<CommentId> {
        (self.kind == TargetKind::Comment).then(|| CommentId::from_uuid(self.id.as_uuid()))
    }

    /// The post, if it is one.
    pub fn post(self) -> Option<PostId> {
        (self.kind == TargetKind::Post).then(|| PostId::from_uuid(self.id.as_uuid()))
    }
}

impl From<CommentId> for Target {
    fn from(comment: CommentId) -> Self {
        Self {
            kind: TargetKind::Comment,
            id: comment.into(),
        }
    }
}

impl From<PostId> for Target {
    fn from(post: PostId) -> Self {
        Self {
            kind: TargetKind::Post,
            id: post.into(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.id)
    }
}

/// The outcome of a moderation decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Approved for publication.
    Approved,
    /// Rejected.
    Rejected,
    /// Awaits review by a moderator; not public until then.
    Flagged,
    /// An outcome of a newer release, which is ignored.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl Outcome {
    /// The outcome's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Flagged => "flagged",
            Self::Unknown => "unknown",
        }
    }
}

/// Who made a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The rules, or the number of reports, automatically.
    Rules,
    /// A moderator, who is the actor of the event. Overrides the rules for the same text.
    Moderator,
    /// A value of a newer release.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// The current verdict on a comment or post. It applies to one revision, not to later ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictState {
    /// The comment or post.
    pub target: Target,
    /// The revision that was judged: the `revision` of a comment, or a version of a post with this text.
    pub revision: u64,
    /// The decision.
    pub outcome: Outcome,
    /// Reason code in snake case: `banned_phrase`, `links`, `reported`, `spam`; absent if nothing was found.
    pub reason: Option<String>,
    /// A moderator's note to the author, at most 500 characters.
    pub note: Option<String>,
    /// Who made the decision.
    pub decided_by: DecidedBy,
    /// The revision of the rules that was active.
    pub rules_revision: u64,
    /// When the decision was made.
    pub decided_at: Timestamp,
}

/// The status of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Awaits review.
    Open,
    /// A moderator agreed and rejected the reported content.
    Upheld,
    /// A moderator found no violation.
    Dismissed,
    /// The reported content was deleted before the review.
    Lapsed,
    /// A status of a newer release.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// A user's report of a comment or post. The free-text note is visible to moderators only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportState {
    /// The reported comment or post.
    pub target: Target,
    /// The revision that the reporter saw, counted as in [`VerdictState::revision`].
    pub revision: u64,
    /// The user who filed the report.
    pub reporter_id: UserId,
    /// Reason code in snake case, e.g. `spam`.
    pub reason: String,
    /// The status of the report.
    pub status: ReportStatus,
    /// When the report was filed.
    pub filed_at: Timestamp,
    /// When the report was resolved.
    pub resolved_at: Option<Timestamp>,
}

/// The rules of automatic moderation, without their phrases and domains, which would help to evade them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesetState {
    /// The number of the change, from 1; a verdict refers to the active revision.
    pub revision: u64,
    /// A summary of each rule.
    pub rules: Vec<RuleSummary>,
    /// The number of open reports that flags a text; 0 disables this.
    pub report_threshold: u32,
    /// The moderator's note on the change, at most 500 characters.
    pub note: Option<String>,
    /// When the rules were changed.
    pub changed_at: Timestamp,
}

impl RulesetState {
    /// The id of the one set of rules.
    pub const ID: &'static str = "site";
}

/// A summary of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSummary {
    /// The kind of rule: `phrases`, `links`, `domains`, `repeated_text`, `first_comment`, `capitals`.
    pub rule: String,
    /// The name of the list, if there may be several of the kind.
    pub name: Option<String>,
    /// The action: `approve`, `hold`, `reject` or `off`.
    pub action: String,
    /// The number of entries of a list.
    pub entries: Option<u32>,
    /// The threshold of the rule, if it has one, e.g. the number of links.
    pub threshold: Option<u32>,
}
