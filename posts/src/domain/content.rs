//! What a post may hold, field by field, and the form in which it is kept.

use super::tags::{self, MAX_TAGS, TagError};

/// Longest title, in characters, after blanks at its ends are taken off.
pub const MAX_TITLE: usize = 200;
/// Longest body, in bytes of Markdown.
pub const MAX_BODY: usize = 256 * 1024;
/// Longest summary, in characters.
pub const MAX_SUMMARY: usize = 500;
/// Longest address of a cover picture, in bytes.
pub const MAX_COVER: usize = 2048;

/// One rule that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("a post needs a title")]
    TitleEmpty,
    #[error("a title has at most {MAX_TITLE} characters")]
    TitleTooLong,
    #[error("a title is one line without control characters")]
    TitleControl,
    #[error("a post needs a text before it is published or scheduled")]
    BodyEmpty,
    #[error("a text has at most {MAX_BODY} bytes")]
    BodyTooLong,
    #[error("a text holds no control characters but line breaks and tabs")]
    BodyControl,
    #[error("a summary has at most {MAX_SUMMARY} characters")]
    SummaryTooLong,
    #[error("a summary holds no control characters but line breaks and tabs")]
    SummaryControl,
    #[error("a cover's address has at most {MAX_COVER} bytes")]
    CoverTooLong,
    #[error("a cover is an https address or a path of this site")]
    CoverInvalid,
    #[error("a post has at most {MAX_TAGS} tags")]
    TooManyTags,
    #[error(transparent)]
    Tag(TagError),
    #[error("the time of publication has to lie ahead")]
    PublishAtPast,
    #[error("the time of publication may lie at most five years ahead")]
    PublishAtTooFar,
    #[error("only a draft can be published later")]
    PublishAtNotDraft,
}

/// The title without blanks at its ends.
pub fn title(title: &str) -> Result<String, Violation> {
    let title = title.trim();
    if title.is_empty() {
        Err(Violation::TitleEmpty)
    } else if title.chars().count() > MAX_TITLE {
        Err(Violation::TitleTooLong)
    } else if title.chars().any(char::is_control) {
        Err(Violation::TitleControl)
    } else {
        Ok(title.to_owned())
    }
}

/// The body as it was written. Control characters are refused also because JSON writes each with six bytes, and
/// the event of a published post has to fit into a message.
pub fn body(body: String) -> Result<String, Violation> {
    if body.len() > MAX_BODY {
        Err(Violation::BodyTooLong)
    } else if body.chars().any(is_unprintable) {
        Err(Violation::BodyControl)
    } else {
        Ok(body)
    }
}

/// The summary without blanks at its ends; an empty one is none.
pub fn summary(summary: &str) -> Result<Option<String>, Violation> {
    let summary = summary.trim();
    if summary.chars().count() > MAX_SUMMARY {
        Err(Violation::SummaryTooLong)
    } else if summary.chars().any(is_unprintable) {
        Err(Violation::SummaryControl)
    } else {
        Ok((!summary.is_empty()).then(|| summary.to_owned()))
    }
}

/// The normal form of the tags.
pub fn tags(tags: &[String]) -> Result<Vec<String>, Violation> {
    tags::normalize_all(tags).map_err(|error| match error {
        TagError::TooMany { .. } => Violation::TooManyTags,
        error => Violation::Tag(error),
    })
}

/// The address of the cover: `https://…` or a path of this site. No other scheme, so nothing that runs; and no
/// `//host`, which browsers take for another site's address.
pub fn cover(cover: &str) -> Result<String, Violation> {
    let cover = cover.trim();
    if cover.len() > MAX_COVER {
        return Err(Violation::CoverTooLong);
    }
    let is_elsewhere = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A name before an @ is there to mislead.
        !host.is_empty() && !host.starts_with(':') && !host.contains('@')
    };
    let is_address = match cover.split_at_checked("https://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => is_elsewhere(rest),
        _ => cover.starts_with('/') && !cover.starts_with("//"),
    };
    if is_address && cover.chars().all(is_address_character) {
        Ok(cover.to_owned())
    } else {
        Err(Violation::CoverInvalid)
    }
}

/// What RFC 3986 allows in an address, and letters of other scripts, which browsers encode. Without the backslash,
/// which browsers read as a slash.
fn is_address_character(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_graphic() && !r#""<>\^`{|}"#.contains(c)
    } else {
        !c.is_control() && !c.is_whitespace()
    }
}

fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_trimmed_and_bounded_in_characters() {
        let full = "ß".repeat(MAX_TITLE);
        let cases = [
            ("  Hello \n", Ok("Hello".to_owned())),
            (full.as_str(), Ok(full.clone())),
            ("", Err(Violation::TitleEmpty)),
            (" \u{3000}\t", Err(Violation::TitleEmpty)),
            (&format!("{full}x"), Err(Violation::TitleTooLong)),
            ("two\nlines", Err(Violation::TitleControl)),
        ];
        for (given, expected) in cases {
            assert_eq!(title(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_body_is_kept_as_written_and_bounded_in_bytes() {
        let full = "x".repeat(MAX_BODY);
        assert_eq!(body(full.clone()), Ok(full.clone()));
        assert_eq!(body(full + "x"), Err(Violation::BodyTooLong));
        assert_eq!(body("ß".repeat(MAX_BODY / 2 + 1)), Err(Violation::BodyTooLong));
        assert_eq!(body(" a\r\n\tb\n".to_owned()), Ok(" a\r\n\tb\n".to_owned()));
        assert_eq!(body("\u{1b}[31m".to_owned()), Err(Violation::BodyControl));
        assert_eq!(body(String::new()), Ok(String::new()));
    }

    #[test]
    fn an_empty_summary_is_none() {
        assert_eq!(summary("  "), Ok(None));
        assert_eq!(summary(" in short "), Ok(Some("in short".to_owned())));
        assert!(summary(&"ß".repeat(MAX_SUMMARY)).is_ok());
        assert_eq!(
            summary(&"x".repeat(MAX_SUMMARY + 1)),
            Err(Violation::SummaryTooLong)
        );
    }

    #[test]
    fn eleven_tags_are_a_matter_of_the_list_and_a_bad_one_of_its_place() {
        let eleven: Vec<String> = (0..11).map(|n| format!("tag{n}")).collect();
        assert_eq!(tags(&eleven), Err(Violation::TooManyTags));
        let bad = ["fine".to_owned(), "c++".to_owned()];
        assert!(matches!(tags(&bad), Err(Violation::Tag(error)) if error.index() == 1));
    }

    #[test]
    fn a_cover_is_https_or_a_path_of_this_site() {
        for good in [
            "https://example.com",
            "HTTPS://example.com/a.png?x=1#y",
            "https://example.com:8443/ü.png",
            "/media/01.webp",
            "/",
        ] {
            assert_eq!(cover(good), Ok(good.to_owned()));
        }
        let long = format!("/{}", "x".repeat(MAX_COVER));
        assert_eq!(cover(&long), Err(Violation::CoverTooLong));
        for bad in [
            "",
            "picture.png",
            "http://example.com/a.png",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "data:image/svg+xml,<svg onload=alert(1)>",
            "//evil.example/a.png",
            "/\\evil.example/a.png",
            "/a\"onerror=\"alert(1)",
            "/a b.png",
            "https://",
            "https:///path",
            "https://:80/",
            "https://good.example@evil.example/",
            "https:/example.com",
            "ü",
        ] {
            assert_eq!(cover(bad), Err(Violation::CoverInvalid), "{bad:?}");
        }
    }
}
