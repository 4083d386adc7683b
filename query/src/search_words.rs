//! The words by which posts are found, folded so that case and accents do not matter.
//!
//! A post is indexed under the words of its title and tags. A word of a query is the beginning of such words, which are
//! looked up in the list of all known words.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

/// Further characters of a word (after decomposition) are ignored.
const MAX_WORD: usize = 32;

/// The words of these texts (a post's title and tags).
pub fn index_words<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let words: BTreeSet<String> = texts.into_iter().flat_map(|text| words(text.as_ref())).collect();
    words.into_iter().collect()
}

/// The words of a query, the longest first. Prefixes of other words are redundant and omitted.
pub fn query_terms(query: &str) -> Vec<String> {
    let all: BTreeSet<String> = words(query).into_iter().collect();
    let redundant = |word: &str| {
        all.iter()
            .any(|other| other.len() > word.len() && other.starts_with(word))
    };
    let mut terms: Vec<String> = all.iter().filter(|word| !redundant(word)).cloned().collect();
    terms.sort_by_key(|word| std::cmp::Reverse(word.len()));
    terms
}

/// The words of `text`, folded.
fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded
        .unicode_words()
        // UAX #29 treats `l'été`, `async_nats` and `3.14` as one word; readers search for their parts.
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)))
        .filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(MAX_WORD).collect()).collect()
}

/// Converts to lower case and compatibility decomposition, without accents and invisible joiners.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Some letters change their case only after decomposition, others decompose only in lower case.
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            c if is_accent(c) || is_joiner(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// Marks that are often omitted in writing: those of Latin, Greek and Cyrillic, and the points of Hebrew and Arabic. In
/// other scripts marks are vowels, which distinguish words.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05C7}' | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(query: &str, title: &str) -> bool {
        let words = index_words([title]);
        let found = |term: &String| words.iter().any(|word| word.starts_with(term));
        query_terms(query).iter().all(found)
    }

    #[test]
    fn a_prefix_of_a_word_matches_in_any_case_and_without_accents() {
        for (query, title) in [
            ("rus", "Learning Rust"),
            ("RUST learn", "Learning Rust"),
            ("ete", "L’Été à Zürich"),
            ("l'été zurich", "L’Été à Zürich"),
            ("strasse", "Die STRAẞE"),
            ("Straße", "strasse"),
            ("œuvre", "Oeuvre complète"),
            ("smorrebrod", "Smørrebrød"),
            ("ελληνικος", "ΕΛΛΗΝΙΚΌΣ"),
            ("ёлка", "Елка"),
            ("istanbul", "İSTANBUL"),
            ("日本", "今日の日本語"),
            ("한", "한국어"),
            ("हिन्दी", "हिन्दी में"),
            ("ｒｕｓｔ", "rust"),
            ("async_nats", "Why async-nats?"),
            ("c++", "C is not C++"),
            ("2026", "The year 2026"),
            ("!!!", "no words are left"),
        ] {
            assert!(
                finds(query, title),
                "{query} in {title}: {:?}",
                query_terms(query)
            );
        }
    }

    #[test]
    fn other_parts_of_a_word_do_not_match() {
        for (query, title) in [
            ("ust", "Rust"),
            ("rusty", "Rust"),
            ("rust web", "Rust"),
            ("हल", "हिल"),
        ] {
            assert!(!finds(query, title), "{query} in {title}");
        }
    }

    #[test]
    fn redundant_words_of_a_query_are_omitted() {
        assert_eq!(query_terms("ru rust Rust r web"), ["rust", "web"]);
        assert_eq!(query_terms("¡¿?!"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn a_title_matches_itself_by_words_of_bounded_length(title in "\\PC{0,200}") {
            prop_assert!(finds(&title, &title));
            prop_assert!(index_words([&title]).iter().all(|word| word.chars().count() <= MAX_WORD));
        }
    }
}
