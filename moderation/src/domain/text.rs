//! A text that is judged, and how two of them are told apart.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a comment or a post says, as its author wrote it. It is kept for moderators alone, until what it is of is
/// deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// A post's title.
    pub title: Option<String>,
    /// A post's summary.
    pub summary: Option<String>,
    /// Markdown.
    pub body: String,
}

impl Text {
    /// A comment's text.
    pub fn of_comment(body: String) -> Self {
        Self {
            title: None,
            summary: None,
            body,
        }
    }

    /// Names exactly this text: SHA-256 in hexadecimal. The same digest is the same text, to the letter.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.title.as_deref(), self.summary.as_deref(), Some(&self.body)] {
            // With its length, so that no word can move from one part to another unseen.
            let part = part.unwrap_or_default();
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }

    /// All of it in one, as the rules read it.
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
    fn every_letter_counts_and_where_it_stands() {
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
    fn the_rules_read_all_of_it() {
        assert_eq!(post("Title", Some("Sum"), "Body").whole(), "Title\n\nSum\n\nBody");
        assert_eq!(Text::of_comment("Body".to_owned()).whole(), "Body");
    }
}
