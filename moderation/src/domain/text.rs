//! The text of a comment or post, and its digest.

use sha2::{Digest as _, Sha256};

use super::rules::Field;

/// The text of a comment or post as its author wrote it. Kept for moderators only, until the comment or post is
/// deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The title of a post.
    pub title: Option<String>,
    /// The summary of a post.
    pub summary: Option<String>,
    /// Markdown.
    pub body: String,
    /// The tags of a post. Judged with its text, and no part of the digest.
    pub tags: Vec<String>,
    /// The address of the cover picture of a post. As the tags.
    pub cover: Option<String>,
}

impl Text {
    /// The text of a comment.
    pub fn of_comment(body: String) -> Self {
        Self {
            body,
            ..Self::default()
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

    /// The fields, as the rules read them.
    pub fn fields(&self) -> Vec<Field<'_>> {
        let title = self.title.as_deref().map(Field::Plain);
        let summary = self.summary.as_deref().map(Field::Plain);
        let body = Some(Field::Markdown(&self.body));
        let cover = self.cover.as_deref().map(Field::Image);
        let tags = self.tags.iter().map(|tag| Field::Plain(tag));
        [title, summary, body, cover]
            .into_iter()
            .flatten()
            .chain(tags)
            .collect()
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
            ..Text::default()
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
    fn the_rules_read_all_fields() {
        let text = Text {
            tags: vec!["rust".to_owned()],
            cover: Some("/media/1".to_owned()),
            ..post("Title", Some("Sum"), "Body")
        };
        let (title, summary) = (Field::Plain("Title"), Field::Plain("Sum"));
        let (cover, tag) = (Field::Image("/media/1"), Field::Plain("rust"));
        assert_eq!(
            text.fields(),
            [title, summary, Field::Markdown("Body"), cover, tag]
        );
    }
}
