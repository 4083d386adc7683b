//! The public state of what `moderation` owns: verdicts, reports and the rules.
//!
//! No text that was judged is ever here, no phrase of a rule, and no free words of a reporter: the log is read by
//! more people than may see them. A reader is tolerant, as of every [state](super::state).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::ids::{CommentId, PostId, UserId, VerdictId};

/// What a verdict or a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A comment.
    Comment,
    /// A post.
    Post,
    /// A kind of a newer release; nothing is done about it.
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
    /// Which of both.
    pub kind: TargetKind,
    /// Its id, which is the verdict's too.
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

/// What was decided about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It may be public.
    Approved,
    /// It may not be public.
    Rejected,
    /// A person is to look at it; until then it may not be public.
    Flagged,
    /// An outcome of a newer release; nothing is done about it.
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

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The rules, or enough reports, by themselves.
    Rules,
    /// A moderator, who is the event's actor. Outweighs the rules for the same text.
    Moderator,
    /// Somebody of a newer release.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// The present verdict on a comment or a post. It is about one text of it, never about those that come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictState {
    /// What it is about.
    pub target: Target,
    /// Which text was judged: a comment's `revision`; of a post a version of it that had this text.
    pub revision: u64,
    /// What was decided.
    pub outcome: Outcome,
    /// Why, as a code in snake case: `banned_phrase`, `links`, `reported`, `spam`; absent where nothing was found.
    pub reason: Option<String>,
    /// A moderator's words for the author, at most 500 characters.
    pub note: Option<String>,
    /// Who decided.
    pub decided_by: DecidedBy,
    /// Which version of the rules was in force.
    pub rules_revision: u64,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Nobody has looked at it yet.
    Open,
    /// A moderator saw it so too, and refused what was reported.
    Upheld,
    /// A moderator found nothing wrong.
    Dismissed,
    /// What was reported was deleted before a moderator looked at it.
    Lapsed,
    /// A status of a newer release.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// One person's report of one comment or post. What they wrote about it stays with the moderators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportState {
    /// What was reported.
    pub target: Target,
    /// Which text of it they saw, counted as in [`VerdictState::revision`].
    pub revision: u64,
    /// Who reported it.
    pub reporter_id: UserId,
    /// Why, as a code in snake case, e.g. `spam`.
    pub reason: String,
    /// Where it stands.
    pub status: ReportStatus,
    /// When it was reported.
    pub filed_at: Timestamp,
    /// When it ceased to be open.
    pub resolved_at: Option<Timestamp>,
}

/// The rules by which texts are judged, without what an evader would like to know: no phrase and no domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesetState {
    /// Counts the changes, from 1; a verdict names the one in force.
    pub revision: u64,
    /// Each rule, summed up.
    pub rules: Vec<RuleSummary>,
    /// So many open reports of one text have it flagged; 0: never.
    pub report_threshold: u32,
    /// What the moderator wrote about the change, at most 500 characters.
    pub note: Option<String>,
    /// When they were changed.
    pub changed_at: Timestamp,
}

impl RulesetState {
    /// The id of the one set of rules.
    pub const ID: &'static str = "site";
}

/// A rule, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSummary {
    /// Which kind of rule: `phrases`, `links`, `domains`, `repeated_text`, `first_comment`, `capitals`.
    pub rule: String,
    /// The list's name, where there may be many of a kind.
    pub name: Option<String>,
    /// What it does: `approve`, `hold`, `reject` or `off`.
    pub action: String,
    /// How many entries a list has.
    pub entries: Option<u32>,
    /// The number from which on it applies, where it has one, e.g. of links.
    pub threshold: Option<u32>,
}
