//! The text of a comment or post, and its digest.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The text of a comment or post as its author wrote it. Kept for moderators only, until the comment or post is
/// deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The title of a post.
    pub title: Option<String>,
    /// The summary of a post.
    pub summary: Option<String>,
    /// Markdown.
    pub body: String,
}

impl Text {
    /// The text of a comment.
    pub fn of_comment(body: String) -> Self {
        Self {
            title: None,
            summary: None,
            body,
        }
    }

    /// The SHA-256 digest in hexadecimal: two texts have the same one only if they are identical.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.title.as_deref(), self.summary.as_deref(), Some(&self.body)] {
            // With its length, so that moving a word from one part to another changes the digest.
            let part = part.unwrap_or_default();
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }

    /// All parts together, as the rules read them.
    pub fn whole(&self) -> String {
        let parts = [self.title.as_deref(), self.summary.as_deref(), Some(&self.body)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(title: &str, summary: Option<&str>, body: &str) -> Text {
        Text {
            title: Some(title.to_owned()),
            summary: summary.map(str::to_owned),
            body: body.to_owned(),
        }
    }

    #[test]
    fn every_letter_changes_the_digest_and_so_does_its_part() {
        let text = post("ab", Some("c"), "d");
        assert_eq!(text.digest(), text.clone().digest());
        for other in [
            post("a", Some("bc"), "d"),
            post("ab", Some(""), "cd"),
            post("ab", None, "cd"),
            post("ab", Some("c"), "D"),
            Text::of_comment("ab\n\nc\n\nd".to_owned()),
        ] {
            assert_ne!(text.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn the_rules_read_all_parts() {
        assert_eq!(post("Title", Some("Sum"), "Body").whole(), "Title\n\nSum\n\nBody");
        assert_eq!(Text::of_comment("Body".to_owned()).whole(), "Body");
    }
}
