//! Tags, normalised so that each tag has exactly one spelling.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Maximum number of tags of a post, without duplicates.
pub const MAX_TAGS: usize = 10;
/// Longest tag, in characters, after normalisation.
pub const MAX_TAG_CHARS: usize = 32;

/// Why a list of tags is refused. `index` is the position in the request, from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Only spaces and hyphens.
    #[error("A tag needs at least one letter or digit")]
    Empty { index: usize },
    /// More than [`MAX_TAG_CHARS`].
    #[error("A tag has at most {MAX_TAG_CHARS} characters")]
    TooLong { index: usize },
    /// A character other than letters, digits, spaces and hyphens.
    #[error("A tag may contain only letters, digits, spaces and hyphens, not {character:?}")]
    BadCharacter { index: usize, character: char },
    /// The tag at `index` exceeds the maximum.
    #[error("A post has at most {MAX_TAGS} tags")]
    TooMany { index: usize },
}

impl TagError {
    /// The position of the invalid tag in the request, from 0.
    pub fn index(&self) -> usize {
        match self {
            TagError::Empty { index }
            | TagError::TooLong { index }
            | TagError::BadCharacter { index, .. }
            | TagError::TooMany { index } => *index,
        }
    }
}

/// Normalises the tags of a post: each as [`normalize`] does, without duplicates, in order.
pub fn normalize_all<I>(tags: I) -> Result<Vec<String>, TagError>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut kept: Vec<String> = Vec::new();
    for (index, tag) in tags.into_iter().enumerate() {
        let tag = normalize(tag.as_ref(), index)?;
        if kept.contains(&tag) {
            continue;
        }
        if kept.len() == MAX_TAGS {
            return Err(TagError::TooMany { index });
        }
        kept.push(tag);
    }
    Ok(kept)
}

/// Normalises one tag: NFKC, lower case, no invisible joiners, one hyphen for spaces and hyphens between words, none at
/// the ends. `index` is part of the error only.
pub fn normalize(tag: &str, index: usize) -> Result<String, TagError> {
    let mut normal = String::new();
    let mut length = 0;
    let mut gap = false;
    // Compatibility forms first, since the lower case of some differs; composed again at the end, since lower-casing may
    // decompose (`İ`).
    let folded: String = tag.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    for character in folded.chars() {
        if is_joiner(character) {
            continue;
        }
        if character.is_whitespace() || character == '-' {
            gap = !normal.is_empty();
            continue;
        }
        // A combining mark needs a letter before it.
        let mark = is_combining_mark(character) && !normal.is_empty() && !gap;
        if !character.is_alphanumeric() && !mark {
            return Err(TagError::BadCharacter { index, character });
        }
        if std::mem::take(&mut gap) {
            normal.push('-');
            length += 1;
        }
        normal.push(character);
        length += 1;
        if length > MAX_TAG_CHARS {
            return Err(TagError::TooLong { index });
        }
    }
    if normal.is_empty() {
        Err(TagError::Empty { index })
    } else {
        Ok(normal)
    }
}

/// Whether it is an invisible joiner, as Persian and Indic scripts have between letters: two tags that differ only in
/// joiners look the same.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn given_a_tag_then_its_normal_form() {
        let full = "x".repeat(MAX_TAG_CHARS);
        let cases = [
            ("Rust", "rust"),
            ("  event sourcing  ", "event-sourcing"),
            ("event -  sourcing", "event-sourcing"),
            ("-a--b-", "a-b"),
            ("Ｒｕｓｔ　２", "rust-2"),
            ("ﬁne", "fine"),
            ("CAFE\u{0301}", "café"),
            ("日本語", "日本語"),
            ("हिन्दी", "हिन्दी"),
            ("ЁЛКА", "ёлка"),
            ("STRASSE", "strasse"),
            ("می\u{200C}خواهم", "میخواهم"),
            ("No\u{00A0}Break\tTab", "no-break-tab"),
            (full.as_str(), full.as_str()),
        ];
        for (tag, spelling) in cases {
            assert_eq!(normalize(tag, 0).as_deref(), Ok(spelling), "tag {tag:?}");
        }
    }

    #[test]
    fn given_an_invalid_tag_then_the_error_has_its_index() {
        let long = "x".repeat(MAX_TAG_CHARS + 1);
        let bad = |character| TagError::BadCharacter { index: 2, character };
        let cases = [
            ("", TagError::Empty { index: 2 }),
            (" \t\n", TagError::Empty { index: 2 }),
            ("---", TagError::Empty { index: 2 }),
            ("\u{200D}", TagError::Empty { index: 2 }),
            ("c++", bad('+')),
            ("a/b", bad('/')),
            ("nul\0", bad('\0')),
            ("<b>", bad('<')),
            ("🎉", bad('🎉')),
            ("a\u{202E}b", bad('\u{202E}')),
            ("\u{0301}", bad('\u{0301}')),
            ("$gt", bad('$')),
            (long.as_str(), TagError::TooLong { index: 2 }),
        ];
        for (tag, error) in cases {
            assert_eq!(normalize_all(["one", "two", tag]), Err(error), "tag {tag:?}");
        }
    }

    #[test]
    fn given_duplicates_then_the_first_of_each_is_kept_in_order() {
        let tags = normalize_all(["Zig", "rust", "ZIG", " Rust ", "Ｒust", "ada"]);
        assert_eq!(
            tags,
            Ok(vec!["zig".to_owned(), "rust".to_owned(), "ada".to_owned()])
        );
        assert_eq!(normalize_all(Vec::<String>::new()), Ok(vec![]));
    }

    #[test]
    fn given_eleven_tags_then_the_error_has_the_index_of_the_eleventh() {
        let ten: Vec<String> = (0..10).map(|n| format!("tag {n}")).collect();
        assert_eq!(normalize_all(&ten).map(|tags| tags.len()), Ok(10));
        let repeated: Vec<String> = ten.iter().chain(&ten).cloned().collect();
        assert_eq!(
            normalize_all(&repeated).map(|tags| tags.len()),
            Ok(10),
            "duplicates do not count"
        );
        let eleven: Vec<String> = (0..11).map(|n| format!("tag {n}")).collect();
        let refused = normalize_all(&eleven);
        assert_eq!(refused, Err(TagError::TooMany { index: 10 }));
        assert_eq!(refused.err().map(|error| error.index()), Some(10));
    }

    proptest! {
        #[test]
        fn a_normal_tag_is_its_own_normal_form(tag in any::<String>()) {
            if let Ok(normal) = normalize(&tag, 0) {
                prop_assert_eq!(normalize(&normal, 0), Ok(normal.clone()));
                prop_assert!(normal.chars().count() <= MAX_TAG_CHARS);
            }
        }

        #[test]
        fn words_of_any_script_are_tags(
            // NFKC changes some letters, even to a space and a mark, which is not a word.
            tag in "[\\p{L}][\\p{L}\\p{Nd}]{0,3}( [\\p{L}]{1,3})?"
                .prop_filter("NFKC leaves it as it is", |tag| unicode_normalization::is_nfkc(tag)),
        ) {
            let normal = normalize(&tag, 0);
            prop_assert!(normal.is_ok(), "{tag:?}");
            prop_assert_eq!(normal.clone().and_then(|tag| normalize(&tag, 0)), normal);
        }
    }
}
