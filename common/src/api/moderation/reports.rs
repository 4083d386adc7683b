//! Users' reports of comments and posts.

use serde::{Deserialize, Serialize};

use crate::{
    api::patch::not_blank,
    event::{ReportStatus, Target, TargetKind, Timestamp},
    ids::{UserId, VerdictId},
};

/// A new report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct FileReport {
    /// The comment or post to report
    pub target: ReportTarget,
    /// The reason
    pub reason: ReportReason,
    /// Free-text note, visible to moderators only
    #[serde(
        default,
        deserialize_with = "not_blank",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "validation", validate(length(max = 1000)))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub note: Option<String>,
}

/// A comment or post to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportTarget {
    /// Whether it is a comment or a post
    pub kind: ContentKind,
    /// Its id
    pub id: VerdictId,
}

/// What can be moderated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// A comment
    Comment,
    /// A post
    Post,
}

impl From<ReportTarget> for Target {
    fn from(target: ReportTarget) -> Self {
        let kind = match target.kind {
            ContentKind::Comment => TargetKind::Comment,
            ContentKind::Post => TargetKind::Post,
        };
        Self { kind, id: target.id }
    }
}

impl ReportTarget {
    /// The same comment or post; `None` if it is of an unknown kind.
    pub fn new(target: Target) -> Option<Self> {
        let kind = match target.kind {
            TargetKind::Comment => ContentKind::Comment,
            TargetKind::Post => ContentKind::Post,
            TargetKind::Unknown => return None,
        };
        Some(Self { kind, id: target.id })
    }
}

/// The reason of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    /// Advertising
    Spam,
    /// Insults or threats
    Abuse,
    /// Not about the topic
    OffTopic,
    /// Against the law
    Illegal,
    /// Another reason, explained in the note
    Other,
}

impl ReportReason {
    /// All reasons.
    pub const ALL: [Self; 5] = [
        Self::Spam,
        Self::Abuse,
        Self::OffTopic,
        Self::Illegal,
        Self::Other,
    ];

    /// The code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Abuse => "abuse",
            Self::OffTopic => "off_topic",
            Self::Illegal => "illegal",
            Self::Other => "other",
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}

/// A report as moderators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The user who filed it
    pub reporter_id: UserId,
    /// The reason: `spam`, `abuse`, `off_topic`, `illegal` or `other`
    pub reason: String,
    /// The reporter's note; absent once the account is deleted
    pub note: Option<String>,
    /// The revision of the text that was reported; absent in the queue
    pub revision: Option<u64>,
    /// The status
    pub status: ReportStatus,
    /// When it was filed
    pub filed_at: Timestamp,
    /// When it was resolved
    pub resolved_at: Option<Timestamp>,
}

/// A report as the user who filed it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnReport {
    /// The comment or post
    pub target: Target,
    /// The reason: `spam`, `abuse`, `off_topic`, `illegal` or `other`
    pub reason: String,
    /// The revision of the text that was reported
    pub revision: u64,
    /// The status
    pub status: ReportStatus,
    /// When it was filed
    pub filed_at: Timestamp,
    /// When it was resolved
    pub resolved_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_written_as_its_code() {
        for reason in ReportReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(ReportReason::from_code(reason.as_str()), Some(reason));
        }
        assert_eq!(ReportReason::from_code("ugly"), None);
    }

    #[test]
    fn a_target_survives_the_round_trip_and_an_unknown_kind_is_none() {
        let id = VerdictId::generate();
        for kind in [TargetKind::Comment, TargetKind::Post] {
            let target = Target { kind, id };
            assert_eq!(ReportTarget::new(target).map(Target::from), Some(target));
        }
        let unknown = Target {
            kind: TargetKind::Unknown,
            id,
        };
        assert_eq!(ReportTarget::new(unknown), None);
    }
}
