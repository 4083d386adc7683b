//! Slugs: the readable part of a post's address, derived from its title.

use deunicode::deunicode_char;
use uuid::Uuid;

/// Longest slug, in bytes, with any suffix.
pub const MAX_SLUG: usize = 80;

/// The slug of titles without letters and digits, such as emoji; also the prefix of a slug that would otherwise be a
/// reserved name or an id.
const FALLBACK: &str = "post";

/// First path segments that the platform uses or may use later. Sorted.
const RESERVED: [&str; 38] = [
    "about", "account", "admin", "api", "archive", "assets", "atom", "author", "authors", "comments",
    "draft", "drafts", "edit", "favicon", "feed", "healthz", "live", "login", "logout", "me", "media",
    "metrics", "mine", "new", "openapi", "preview", "readyz", "robots", "rss", "search", "settings",
    "signin", "signout", "signup", "sitemap", "static", "tags", "users",
];

/// The slug of a title in any script: words of lower-case ASCII letters and digits, separated by single hyphens, 1 to
/// [`MAX_SLUG`] bytes, neither a reserved name nor a valid UUID, since one path accepts either a slug or an id.
pub fn slugify(title: &str) -> String {
    let mut slug = shorten(transliterate(title), MAX_SLUG);
    if slug.is_empty() {
        return FALLBACK.to_owned();
    }
    if RESERVED.binary_search(&slug.as_str()).is_ok() || Uuid::try_parse(&slug).is_ok() {
        slug.insert_str(0, "post-");
    }
    slug
}

/// The spelling to try when those of lower `attempt` are taken: first the slug itself, then with 4, 8 and finally 12
/// hexadecimal digits of the random end of the post's id. Deterministic, so that a repeated command finds its own first
/// result.
pub fn with_suffix(slug: &str, id: Uuid, attempt: u32) -> String {
    let digits = match attempt {
        0 => return slug.to_owned(),
        1 => 4,
        2 => 8,
        _ => 12,
    };
    let id = id.simple().to_string();
    let tail = &id[id.len() - digits..];
    let stem = shorten(slug.to_owned(), MAX_SLUG - digits - 1);
    let suffixed = format!("{stem}-{tail}");
    // A slug such as `0198c0de-0000-7000-8000` would complete to a UUID.
    if Uuid::try_parse(&suffixed).is_ok() {
        format!("{FALLBACK}-{suffixed}")
    } else {
        suffixed
    }
}

fn transliterate(title: &str) -> String {
    let mut slug = String::new();
    let mut gap = false;
    for c in title.chars() {
        match c {
            // An apostrophe is part of its word: "don't" is `dont`.
            '\'' | '\u{2019}' | '\u{02BC}' => continue,
            _ if c.is_ascii_alphanumeric() => push(&mut slug, &mut gap, c),
            _ if c.is_alphanumeric() => spell(&mut slug, &mut gap, c),
            // A combining mark belongs to the letter before it, which was transliterated without it.
            _ if is_mark(c) => continue,
            _ => gap = true,
        }
    }
    slug
}

/// Transliterates a letter of another script. deunicode ends the syllable of an ideograph with a space, which separates
/// the syllables.
fn spell(slug: &mut String, gap: &mut bool, letter: char) {
    for c in deunicode_char(letter).unwrap_or(" ").chars() {
        if c.is_ascii_alphanumeric() {
            push(slug, gap, c);
        } else if c == ' ' {
            *gap = true;
        }
    }
}

fn push(slug: &mut String, gap: &mut bool, c: char) {
    if std::mem::take(gap) && !slug.is_empty() {
        slug.push('-');
    }
    slug.push(c.to_ascii_lowercase());
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) || matches!(c, '\u{200B}'..='\u{200D}' | '\u{00AD}')
}

/// Cuts at the last hyphen that fits, or inside the word if there is only one.
fn shorten(mut slug: String, max: usize) -> String {
    if slug.len() <= max {
        return slug;
    }
    let cut = match slug.as_bytes()[max] {
        b'-' => max,
        _ => slug[..max].rfind('-').unwrap_or(max),
    };
    slug.truncate(cut);
    slug
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0198c0de-1111-7222-8333-abcdef012345";

    #[test]
    fn given_a_title_then_its_slug() {
        let long = "word ".repeat(40);
        let cases = [
            ("Hello, World!", "hello-world"),
            ("  --Already--Hyphenated--  ", "already-hyphenated"),
            ("Don't panic", "dont-panic"),
            ("Rock\u{2019}n\u{2019}roll", "rocknroll"),
            ("C++ & Rust: 2nd ed.", "c-rust-2nd-ed"),
            ("Crème Brûlée", "creme-brulee"),
            ("Cre\u{0300}me", "creme"),
            ("Straße nach Łódź", "strasse-nach-lodz"),
            ("Привет, мир", "privet-mir"),
            ("你好世界", "ni-hao-shi-jie"),
            ("Rust 入門", "rust-ru-men"),
            ("Γειά σου", "geia-sou"),
            ("İstanbul", "istanbul"),
            ("ﬁn ①", "fin-1"),
            ("", "post"),
            ("   ", "post"),
            ("🎉🎉", "post"),
            ("!!!", "post"),
            ("I ♥ NATS 🎉", "i-nats"),
            ("a/../b\\c?d#e", "a-b-c-d-e"),
            ("nul\0byte", "nul-byte"),
            ("Admin", "post-admin"),
            ("new", "post-new"),
            ("New things", "new-things"),
            (
                "0198C0DE-1111-7222-8333-ABCDEF012345",
                "post-0198c0de-1111-7222-8333-abcdef012345",
            ),
            (
                "0198c0de111172228333abcdef012345",
                "post-0198c0de111172228333abcdef012345",
            ),
            (
                "{0198c0de-1111-7222-8333-abcdef012345}",
                "post-0198c0de-1111-7222-8333-abcdef012345",
            ),
            (
                long.as_str(),
                "word-word-word-word-word-word-word-word-word-word-word-word-word-word-word-word",
            ),
        ];
        for (title, slug) in cases {
            assert_eq!(slugify(title), slug, "title {title:?}");
        }
    }

    #[test]
    fn given_one_long_word_then_it_is_cut() {
        assert_eq!(slugify(&"a".repeat(200)), "a".repeat(80));
        assert_eq!(slugify(&format!("{} b", "a".repeat(80))), "a".repeat(80));
        assert_eq!(slugify(&format!("b {}", "a".repeat(80))), "b");
    }

    #[test]
    fn given_a_collision_then_each_attempt_takes_more_of_the_id() {
        let id = Uuid::try_parse(ID).unwrap_or_default();
        let cases = [
            (0, "hello"),
            (1, "hello-2345"),
            (2, "hello-ef012345"),
            (3, "hello-abcdef012345"),
            (99, "hello-abcdef012345"),
        ];
        for (attempt, slug) in cases {
            assert_eq!(with_suffix("hello", id, attempt), slug, "attempt {attempt}");
        }
    }

    #[test]
    fn given_a_slug_that_becomes_a_uuid_with_its_suffix_then_it_is_prefixed() {
        let id = Uuid::try_parse(ID).unwrap_or_default();
        let slug = with_suffix("0198c0de-1111-7222-8333", id, 3);
        assert_eq!(slug, "post-0198c0de-1111-7222-8333-abcdef012345");
    }

    #[test]
    fn given_the_reserved_names_then_they_are_sorted_for_the_binary_search() {
        assert!(RESERVED.is_sorted());
    }

    fn is_well_formed(slug: &str) -> bool {
        (1..=MAX_SLUG).contains(&slug.len())
            && slug.split('-').all(|word| {
                !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            })
            && Uuid::try_parse(slug).is_err()
    }

    proptest! {
        #[test]
        fn any_title_gives_a_well_formed_slug(title in any::<String>(), id in any::<u128>(), attempt in 0..5u32) {
            let slug = slugify(&title);
            prop_assert!(is_well_formed(&slug), "{slug:?}");
            prop_assert!(RESERVED.binary_search(&slug.as_str()).is_err());
            prop_assert_eq!(slugify(&slug), slug.clone(), "the slug of a slug is the slug itself");
            let suffixed = with_suffix(&slug, Uuid::from_u128(id), attempt);
            prop_assert!(is_well_formed(&suffixed), "{suffixed:?}");
        }

        #[test]
        fn hexadecimal_words_never_become_an_id(title in "[0-9a-f]{8}([ -]?[0-9a-f]{4}){3}[ -]?[0-9a-f]{12}") {
            prop_assert!(is_well_formed(&slugify(&title)));
        }
    }
}
