//! Tags: the form in which they are shown, and the one by which they are compared and looked up.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::UnicodeEmoji as _;

use crate::text::is_visible;

/// The maximum length of a tag, in characters.
pub const MAX_CHARS: usize = 32;

/// The punctuation that a tag may contain besides spaces, hyphens and underscores: `C++`, `C#`, `.NET`, `R&D`, `don't`.
const PUNCTUATION: &str = "+#.&'!@:";

/// Why a tag is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    #[error("A tag needs at least one letter, digit or emoji")]
    Empty,
    #[error("A tag has at most {MAX_CHARS} characters")]
    TooLong,
    #[error("A tag may contain letters, digits, emoji, spaces and + # . & ' ! @ : - _, not {0:?}")]
    BadCharacter(char),
}

/// The form in which a tag is shown: as it is written, without spaces at its ends and `#` before it.
///
/// # Errors
/// If it is no tag.
pub fn parse(text: &str) -> Result<String, TagError> {
    let words: Vec<&str> = text.trim_start_matches(is_prefix).split_whitespace().collect();
    let shown: String = words
        .join(" ")
        .nfc()
        .filter(|c| !is_invisible(*c) || is_joiner(*c))
        .collect();
    if let Some(bad) = shown.chars().find(|c| !is_permitted(*c)) {
        return Err(TagError::BadCharacter(bad));
    }
    let key = key(&shown);
    if !key.chars().any(|c| c.is_alphanumeric() || is_emoji(c)) || key.starts_with(is_combining_mark) {
        return Err(TagError::Empty);
    }
    if shown.chars().count().max(key.chars().count()) > MAX_CHARS {
        return Err(TagError::TooLong);
    }
    Ok(shown)
}

/// The canonical form of any text: two tags are the same if their canonical forms are equal. In lower case, in
/// compatibility form (NFKC), without invisible characters, with one hyphen for spaces, hyphens and underscores between
/// words. The canonical form of a canonical form is itself.
pub fn key(text: &str) -> String {
    // Compatibility forms first, since the lower case of some differs; composed again at the end, since lower-casing may
    // decompose (`İ`).
    let folded: String = text
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    let mut key = String::with_capacity(folded.len());
    let mut gap = false;
    for c in folded.trim_start_matches(is_prefix).chars() {
        match c {
            '-' | '_' => gap = true,
            c if c.is_whitespace() => gap = true,
            c if is_invisible(c) => {}
            c => {
                if std::mem::take(&mut gap) && !key.is_empty() {
                    key.push('-');
                }
                key.push(if c == '\u{2019}' { '\'' } else { c });
            }
        }
    }
    key
}

/// What may stand before a tag and is no part of it: `#rust`.
fn is_prefix(c: char) -> bool {
    c == '#' || c == '-' || c == '_' || c.is_whitespace() || is_invisible(c)
}

/// Two tags that differ only in such characters look the same.
fn is_invisible(c: char) -> bool {
    !is_visible(c)
        && !c.is_whitespace()
        && !c.is_control()
        && (!is_combining_mark(c) || is_variation_selector(c))
}

/// Persian and Indic scripts have them between letters, and emoji have them inside.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}') || is_variation_selector(c)
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}')
}

fn is_permitted(c: char) -> bool {
    c.is_alphanumeric()
        || is_combining_mark(c)
        || is_joiner(c)
        || is_emoji(c)
        || matches!(c, ' ' | '-' | '_' | '\u{2019}')
        || PUNCTUATION.contains(c)
}

/// Beyond ASCII, whose digits are emoji for Unicode.
fn is_emoji(c: char) -> bool {
    !c.is_ascii() && (c.is_emoji_char() || c.is_emoji_component()) && is_visible(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn given_a_tag_then_the_form_that_is_shown_and_the_canonical_one() {
        let full = "x".repeat(MAX_CHARS);
        for (tag, shown, canonical) in [
            ("Rust", "Rust", "rust"),
            ("C++", "C++", "c++"),
            ("C#", "C#", "c#"),
            (".NET", ".NET", ".net"),
            ("node.js", "node.js", "node.js"),
            ("R&D", "R&D", "r&d"),
            ("#Rust", "Rust", "rust"),
            ("# C#", "C#", "c#"),
            ("don\u{2019}t", "don\u{2019}t", "don't"),
            ("event_sourcing", "event_sourcing", "event-sourcing"),
            ("  Event  Sourcing  ", "Event Sourcing", "event-sourcing"),
            ("event -  sourcing", "event - sourcing", "event-sourcing"),
            ("Ｒｕｓｔ　２", "Ｒｕｓｔ ２", "rust-2"),
            ("ﬁne", "ﬁne", "fine"),
            ("CAFE\u{0301}", "CAFÉ", "café"),
            ("日本語", "日本語", "日本語"),
            ("हिन्दी", "हिन्दी", "हिन्दी"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم", "میخواهم"),
            ("a\u{200B}b", "ab", "ab"),
            ("🎉", "🎉", "🎉"),
            ("❤\u{FE0F}", "❤\u{FE0F}", "❤"),
            ("👩\u{200D}💻 Work", "👩\u{200D}💻 Work", "👩💻-work"),
            ("🇩🇪", "🇩🇪", "🇩🇪"),
            (full.as_str(), full.as_str(), full.as_str()),
        ] {
            assert_eq!(parse(tag).as_deref(), Ok(shown), "{tag:?}");
            assert_eq!(key(tag), canonical, "{tag:?}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        let long = "x".repeat(MAX_CHARS + 1);
        for (tag, error) in [
            ("", TagError::Empty),
            (" \t\n", TagError::Empty),
            ("--- #", TagError::Empty),
            ("..", TagError::Empty),
            ("+", TagError::Empty),
            ("\u{200D}\u{2800}", TagError::Empty),
            ("\u{0301}", TagError::Empty),
            ("a/b", TagError::BadCharacter('/')),
            ("a?b", TagError::BadCharacter('?')),
            ("nul\0", TagError::BadCharacter('\0')),
            ("<b>", TagError::BadCharacter('<')),
            ("$gt", TagError::BadCharacter('$')),
            (long.as_str(), TagError::TooLong),
        ] {
            assert_eq!(parse(tag), Err(error), "{tag:?}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_form_is_its_own(tag in any::<String>()) {
            prop_assert_eq!(key(&key(&tag)), key(&tag));
            if let Ok(shown) = parse(&tag) {
                prop_assert_eq!(key(&shown), key(&tag));
                prop_assert_eq!(parse(&shown), Ok(shown.clone()));
                prop_assert!(shown.chars().count() <= MAX_CHARS);
            }
        }

        #[test]
        fn words_of_any_script_are_tags(
            tag in "[\\p{L}][\\p{L}\\p{Nd}]{0,3}( [\\p{L}]{1,3})?"
                .prop_filter("NFKC leaves it as it is", |tag| unicode_normalization::is_nfkc(tag)),
        ) {
            prop_assert!(parse(&tag).is_ok() || crate::text::is_blank(&tag), "{tag:?}");
        }
    }
}
