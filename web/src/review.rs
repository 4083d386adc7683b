//! What an author reads about the review of their own post or comment.

use common::{
    api::{comments::FullComment, posts::PostModeration},
    event::{CommentStatus, Outcome},
};

/// The notice to an author of a text that readers cannot see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewNotice {
    /// The class of the badge.
    pub class: &'static str,
    /// The text of the badge.
    pub label: &'static str,
    /// The effect of the decision.
    pub effect: &'static str,
    pub reason: Option<String>,
    /// A moderator's note.
    pub note: Option<String>,
}

impl ReviewNotice {
    /// The notice about a post; `None` if readers can see it.
    pub fn of_post(moderation: Option<&PostModeration>) -> Option<Self> {
        let moderation = moderation?;
        let (class, label, effect) = match moderation.status {
            Outcome::Rejected => (
                "rejected",
                "Taken down",
                "Readers can't see this post. Edit it, then publish it again.",
            ),
            Outcome::Flagged => (
                "held",
                "Held",
                "Readers can't see this post until a moderator reviews it.",
            ),
            Outcome::Approved | Outcome::Unknown => return None,
        };
        Some(Self::new(
            (class, label, effect),
            &moderation.reason,
            &moderation.note,
        ))
    }

    /// The notice about a comment; `None` if readers can see its latest text.
    pub fn of_comment(comment: &FullComment) -> Option<Self> {
        let published = comment.approved.is_some();
        let notice = match comment.status {
            CommentStatus::Pending if published => (
                "pending",
                "Pending",
                "Readers see the previous version until a moderator reviews it.",
            ),
            CommentStatus::Pending => (
                "pending",
                "Pending",
                "Only you can see this until a moderator reviews it.",
            ),
            CommentStatus::Rejected if published => {
                ("rejected", "Rejected", "Readers still see the previous version.")
            }
            CommentStatus::Rejected => ("rejected", "Rejected", "Not visible to others."),
            _ => return None,
        };
        Some(Self::new(notice, &comment.reason, &comment.note))
    }

    fn new(
        (class, label, effect): (&'static str, &'static str, &'static str),
        reason: &Option<String>,
        note: &Option<String>,
    ) -> Self {
        Self {
            class,
            label,
            effect,
            reason: reason.as_deref().map(reason_label),
            note: note.clone().filter(|note| !note.trim().is_empty()),
        }
    }
}

/// The label of a reason code.
pub fn reason_label(code: &str) -> String {
    let label = match code {
        "banned_phrase" => "contains blocked words",
        "links" => "contains too many links",
        "banned_domain" => "links to a blocked site",
        "repeated_text" => "repeats an earlier text",
        "first_comment" => "first comments from new accounts are reviewed",
        "capitals" => "uses too many capital letters",
        "reported" => "reported by readers",
        "spam" => "spam or advertising",
        "abuse" => "harassment or abuse",
        "illegal" => "illegal content",
        // `off_topic`, `other` and the codes of the moderators' own rules.
        code => return code.replace('_', " "),
    };
    label.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_reads_why_readers_cannot_see_a_post() {
        let moderation = |status, reason: &str, note: &str| PostModeration {
            status,
            reason: Some(reason.to_owned()),
            note: Some(note.to_owned()),
        };
        let notice = |moderation| ReviewNotice::of_post(Some(&moderation));
        let rejected = notice(moderation(Outcome::Rejected, "spam", "No shops, please.")).unwrap();
        assert_eq!(
            (rejected.class, rejected.reason.as_deref()),
            ("rejected", Some("spam or advertising"))
        );
        assert_eq!(rejected.note.as_deref(), Some("No shops, please."));
        let held = notice(moderation(Outcome::Flagged, "new_code", " ")).unwrap();
        assert_eq!(
            (held.class, held.reason.as_deref(), held.note),
            ("held", Some("new code"), None)
        );
        assert_eq!(notice(moderation(Outcome::Approved, "other", "")), None);
        assert_eq!(ReviewNotice::of_post(None), None);
    }
}
