//! Comments and posts under moderation: the queue, their history, and decisions.

use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use super::ContentKind;
use super::{Finding, Report};
use crate::{
    api::patch::not_blank,
    event::{DecidedBy, Outcome, Target, Timestamp},
    ids::{PostId, UserId},
};

/// A filter for the moderation queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::IntoParams),
    into_params(parameter_in = Query)
)]
pub struct QueueFilter {
    /// `flagged` (held for review), `approved`, `rejected`, or `reported` (has open reports, whatever its status).
    /// The default is `flagged`, or `reported` if `reporter` is given
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline, value_type = Option<QueueStatus>))]
    pub status: Option<String>,
    /// `comment` or `post`; the default is both
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline, value_type = Option<ContentKind>))]
    pub kind: Option<String>,
    /// Only entries that this user has an open report on
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<UserId>))]
    pub reporter: Option<String>,
    /// Only entries in this status since before this time
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<Timestamp>))]
    pub older_than: Option<String>,
    /// Only entries in this status since this time or later
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<Timestamp>))]
    pub newer_than: Option<String>,
    /// `oldest` or `newest` first; the default is `oldest`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline, value_type = Option<QueueOrder>))]
    pub order: Option<String>,
}

/// A status that the queue can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueueStatus {
    /// Held for review
    Flagged,
    /// Approved
    Approved,
    /// Rejected
    Rejected,
    /// With open reports, whatever was decided
    Reported,
}

/// The order of the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// Oldest first
    #[default]
    Oldest,
    /// Newest first
    Newest,
}

/// A comment or post under moderation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subject {
    /// The comment or post
    pub target: Target,
    /// The post itself, or the post that the comment is on
    pub post_id: PostId,
    /// The slug of a post
    pub slug: Option<String>,
    /// The title of a post
    pub title: Option<String>,
    /// The summary of a post
    pub summary: Option<String>,
    /// The text, Markdown; in the queue its first 5,000 characters
    pub text: String,
    /// The author; absent once the account is deleted
    pub author_id: Option<UserId>,
    /// What the rules found in the text
    pub findings: Vec<Finding>,
    /// The number of open reports
    pub report_count: u64,
    /// Its reports, at most 100; in the queue the first few open ones
    pub reports: Vec<Report>,
    /// The number of decisions, from 1; for `If-Match`
    pub version: u64,
}

/// An entry of the moderation queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueEntry {
    /// The comment or post
    #[serde(flatten)]
    pub subject: Subject,
    /// Whether the text is longer than what is shown
    pub is_long: bool,
    /// The revision of the text; a decision names it
    pub revision: u64,
    /// The decision in effect
    pub outcome: Outcome,
    /// The reason, as a code
    pub reason: Option<String>,
    /// Who made the decision
    pub decided_by: DecidedBy,
    /// When the decision was made; for `reported`, when the first open report was filed
    pub since: Timestamp,
}

/// A comment or post with its decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// The comment or post
    #[serde(flatten)]
    pub subject: Subject,
    /// The decision in effect
    #[serde(flatten)]
    pub decision: Decision,
    /// Earlier decisions, oldest first, at most 32
    pub history: Vec<Decision>,
}

/// A decision about one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The revision of the text
    pub revision: u64,
    /// What was decided
    pub outcome: Outcome,
    /// The reason, as a code
    pub reason: Option<String>,
    /// A moderator's note to the author
    pub note: Option<String>,
    /// Who made the decision
    pub decided_by: DecidedBy,
    /// The moderator, if a moderator made it
    pub moderator_id: Option<UserId>,
    /// The revision of the rules in effect
    pub rules_revision: u64,
    /// What the rules found, in short
    pub matched: Vec<String>,
    /// When it was made
    pub decided_at: Timestamp,
}

/// A moderator's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// Whether the text may be public
    pub decision: ReviewAction,
    /// The reason for `reject`, as a code in snake case: `spam`, `abuse`, `off_topic`, `illegal`, `other`, or a
    /// reason of the rules. Required for `reject`, not allowed for `approve`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z][a-z0-9_]{0,39}$"))]
    pub reason: Option<String>,
    /// A note to the author
    #[serde(
        default,
        deserialize_with = "not_blank",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "validation", validate(length(max = 500)))]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
    /// The revision of the text that the moderator has read
    pub revision: u64,
}

/// What a moderator does with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewAction {
    /// The text may be public
    Approve,
    /// The text may not be public
    Reject,
}
