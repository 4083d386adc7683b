//! Why moderation decided as it did, in words for the author.

use crate::api::writing::{Moderation, Outcome};

/// What an author is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// As the badge is classed.
    pub class: &'static str,
    /// In the badge.
    pub word: &'static str,
    /// What it means and what to do.
    pub meaning: &'static str,
    /// Why.
    pub reason: String,
    /// A moderator's words.
    pub note: Option<String>,
}

/// What the author of a post is told of what was decided about it; nothing if it may be read.
pub fn of_post(moderation: Option<&Moderation>) -> Option<Judged> {
    let moderation = moderation?;
    let (class, word, meaning) = match moderation.status {
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
    Some(Judged {
        class,
        word,
        meaning,
        reason: words(moderation.reason.as_deref()),
        note: moderation.note.clone().filter(|note| !note.trim().is_empty()),
    })
}

/// A reason's code in words that follow "Reason:".
pub fn words(code: Option<&str>) -> String {
    let words = match code {
        None => "none given",
        Some("banned_phrase") => "contains blocked words",
        Some("links") => "contains too many links",
        Some("banned_domain") => "links to a blocked site",
        Some("repeated_text") => "repeats an earlier text",
        Some("first_comment") => "first comments from new accounts are reviewed",
        Some("capitals") => "uses too many capital letters",
        Some("reported") => "reported by readers",
        Some("spam") => "spam or advertising",
        Some("abuse") => "harassment or abuse",
        Some("off_topic") => "off topic",
        Some("illegal") => "illegal content",
        Some("other") => "other",
        Some(code) => return code.replace('_', " "),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_readers_away_is_told_and_approval_is_not() {
        let moderation = |status, reason: &str, note: &str| Moderation {
            status,
            reason: Some(reason.to_owned()),
            note: Some(note.to_owned()),
        };
        let judged = of_post(Some(&moderation(Outcome::Rejected, "spam", "No shops, please."))).unwrap();
        assert_eq!(
            (judged.class, judged.reason.as_str()),
            ("rejected", "spam or advertising")
        );
        assert_eq!(judged.note.as_deref(), Some("No shops, please."));
        let judged = of_post(Some(&moderation(Outcome::Flagged, "new_code", " "))).unwrap();
        assert_eq!(
            (judged.class, judged.reason.as_str(), judged.note),
            ("held", "new code", None)
        );
        assert_eq!(of_post(Some(&moderation(Outcome::Approved, "other", ""))), None);
        assert_eq!(of_post(None), None);
    }
}
