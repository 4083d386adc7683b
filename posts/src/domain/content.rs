//! The rules for each field of a post, and the form in which it is stored.

use std::collections::HashSet;

use common::{
    event::Timestamp,
    tag::{self, TagError},
    text::is_blank,
};
use oxilangtag::LanguageTag;

/// The maximum number of tags of a post, without duplicates.
pub const MAX_TAGS: usize = 10;
/// The longest language tag, in characters (RFC 5646, section 4.4.1).
pub const MAX_LANGUAGE: usize = 35;

/// Longest title, in characters after trimming.
pub const MAX_TITLE: usize = 200;
/// Longest body, in bytes of Markdown.
pub const MAX_BODY: usize = 256 * 1024;
/// Longest summary, in characters.
pub const MAX_SUMMARY: usize = 500;
/// Longest address of a cover picture, in bytes.
pub const MAX_COVER: usize = 2048;

/// A rule that a request violates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("Enter a title")]
    TitleEmpty,
    #[error("A title has at most {MAX_TITLE} characters")]
    TitleTooLong,
    #[error("A title must not contain line breaks or control characters")]
    TitleControl,
    #[error("A published or scheduled post needs a text")]
    BodyEmpty,
    #[error("A text has at most {MAX_BODY} bytes")]
    BodyTooLong,
    #[error("A text must not contain control characters other than line breaks and tabs")]
    BodyControl,
    #[error("A summary has at most {MAX_SUMMARY} characters")]
    SummaryTooLong,
    #[error("A summary must not contain control characters other than line breaks and tabs")]
    SummaryControl,
    #[error("The address of a cover has at most {MAX_COVER} bytes")]
    CoverTooLong,
    #[error("A cover is an https URL or an absolute path on this site")]
    CoverInvalid,
    #[error("A post has at most {MAX_TAGS} tags")]
    TooManyTags,
    #[error("{error}")]
    Tag { index: usize, error: TagError },
    #[error("A language is a BCP 47 tag such as en or pt-BR")]
    LanguageInvalid,
    #[error("The time of publication must be in the future")]
    PublishAtPast,
    #[error("The time of publication must be within five years")]
    PublishAtTooFar,
    #[error("Only a draft can be scheduled")]
    PublishAtNotDraft,
    #[error("The time of the first publication must be in the past")]
    PublishedAtFuture,
    #[error("The time of the first publication can be set only when the post is published")]
    PublishedAtNotPublishing,
}

/// The trimmed title.
pub fn title(title: &str) -> Result<String, Violation> {
    let title = title.trim();
    if is_blank(title) {
        Err(Violation::TitleEmpty)
    } else if title.chars().count() > MAX_TITLE {
        Err(Violation::TitleTooLong)
    } else if title.chars().any(char::is_control) {
        Err(Violation::TitleControl)
    } else {
        Ok(title.to_owned())
    }
}

/// The body, unchanged. Control characters are refused also because JSON writes each with six bytes, and the event of
/// a published post has to fit into a message.
pub fn body(body: String) -> Result<String, Violation> {
    if body.len() > MAX_BODY {
        Err(Violation::BodyTooLong)
    } else if body.chars().any(is_unprintable) {
        Err(Violation::BodyControl)
    } else {
        Ok(body)
    }
}

/// The trimmed summary; `None` if nothing of it can be seen.
pub fn summary(summary: &str) -> Result<Option<String>, Violation> {
    let summary = summary.trim();
    if summary.chars().count() > MAX_SUMMARY {
        Err(Violation::SummaryTooLong)
    } else if summary.chars().any(is_unprintable) {
        Err(Violation::SummaryControl)
    } else {
        Ok((!is_blank(summary)).then(|| summary.to_owned()))
    }
}

/// The tags as they are shown, in order; of equal ones the first.
pub fn tags(tags: &[String]) -> Result<Vec<String>, Violation> {
    let (mut keys, mut kept) = (HashSet::new(), Vec::new());
    for (index, text) in tags.iter().enumerate() {
        let shown = tag::parse(text).map_err(|error| Violation::Tag { index, error })?;
        if keys.insert(tag::key(&shown)) {
            kept.push(shown);
        }
    }
    if kept.len() > MAX_TAGS {
        return Err(Violation::TooManyTags);
    }
    Ok(kept)
}

/// The language tag in its usual case: `pt-BR`.
pub fn language(text: &str) -> Result<String, Violation> {
    let tag = LanguageTag::parse_and_normalize(text.trim()).ok();
    tag.map(LanguageTag::into_inner)
        .filter(|tag| tag.len() <= MAX_LANGUAGE)
        .ok_or(Violation::LanguageInvalid)
}

/// The time of the first publication: before `now`, and only for a post that is being published.
pub fn published_at(time: Timestamp, is_publishing: bool, now: Timestamp) -> Result<Timestamp, Violation> {
    if !is_publishing {
        Err(Violation::PublishedAtNotPublishing)
    } else if time > now {
        Err(Violation::PublishedAtFuture)
    } else {
        Ok(time)
    }
}

/// The address of the cover: `https://…` or an absolute path on this site. No other scheme, since some execute code,
/// and no `//host`, which browsers resolve to another site.
pub fn cover(cover: &str) -> Result<String, Violation> {
    let cover = cover.trim();
    if cover.len() > MAX_COVER {
        return Err(Violation::CoverTooLong);
    }
    let has_host = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // User information before an @ disguises the host.
        !host.is_empty() && !host.starts_with(':') && !host.contains('@')
    };
    let is_address = match cover.split_at_checked("https://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => has_host(rest),
        _ => cover.starts_with('/') && !cover.starts_with("//"),
    };
    if is_address && cover.chars().all(is_address_character) {
        Ok(cover.to_owned())
    } else {
        Err(Violation::CoverInvalid)
    }
}

/// Whether RFC 3986 allows the character, or it is of another script, which browsers encode. The backslash is
/// excluded, since browsers read it as a slash.
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
    fn a_title_is_trimmed_and_limited_in_characters() {
        let full = "ß".repeat(MAX_TITLE);
        let cases = [
            ("  Hello \n", Ok("Hello".to_owned())),
            (full.as_str(), Ok(full.clone())),
            ("", Err(Violation::TitleEmpty)),
            (" \u{3000}\t", Err(Violation::TitleEmpty)),
            ("\u{200B}\u{3164}\u{2800}", Err(Violation::TitleEmpty)),
            (&format!("{full}x"), Err(Violation::TitleTooLong)),
            ("two\nlines", Err(Violation::TitleControl)),
        ];
        for (given, expected) in cases {
            assert_eq!(title(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_body_is_stored_unchanged_and_limited_in_bytes() {
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
        assert_eq!(summary(" \u{200B} "), Ok(None));
        assert_eq!(summary(" in short "), Ok(Some("in short".to_owned())));
        assert!(summary(&"ß".repeat(MAX_SUMMARY)).is_ok());
        assert_eq!(
            summary(&"x".repeat(MAX_SUMMARY + 1)),
            Err(Violation::SummaryTooLong)
        );
    }

    fn owned(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|&tag| tag.to_owned()).collect()
    }

    #[test]
    fn of_equal_tags_the_first_is_kept_as_it_is_written() {
        let given = owned(&["C++", "Event Sourcing", "c++", "event-sourcing", "#C++", "🎉"]);
        assert_eq!(tags(&given), Ok(owned(&["C++", "Event Sourcing", "🎉"])));
    }

    #[test]
    fn too_many_tags_are_reported_for_the_list_and_an_invalid_tag_by_its_index() {
        let eleven: Vec<String> = (0..11).map(|n| format!("tag{n}")).collect();
        assert_eq!(tags(&eleven), Err(Violation::TooManyTags));
        let repeated = [&eleven[..10], &eleven[..10]].concat();
        assert_eq!(tags(&repeated).map(|kept| kept.len()), Ok(10));
        let error = TagError::BadCharacter('/');
        assert_eq!(
            tags(&owned(&["fine", "a/b"])),
            Err(Violation::Tag { index: 1, error })
        );
    }

    #[test]
    fn a_language_is_a_bcp_47_tag() {
        for (given, expected) in [("en", "en"), (" PT-br ", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(language(given).as_deref(), Ok(expected));
        }
        let long = format!("en-x-{}", ["abcdefgh"; 4].join("-"));
        for bad in ["", "e", "english language", "en_US", "<b>", long.as_str()] {
            assert_eq!(language(bad), Err(Violation::LanguageInvalid), "{bad:?}");
        }
    }

    #[test]
    fn a_cover_is_an_https_url_or_a_path_on_this_site() {
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
