//! Properties of any text.

use common::{
    api::moderation::{Action, PhraseList, RuleSet},
    event::Outcome,
};
use moderation::domain::rules::{Field, Judgement, Kind, Rules, Submission, fingerprint};
use proptest::prelude::*;

const PHRASES: [&str; 6] = ["racism", "free money", "ass", "casino bonus", "赌博", "спам"];

fn rules() -> &'static Rules {
    static RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(|| {
        let set = RuleSet {
            phrases: vec![PhraseList {
                name: "all".to_owned(),
                action: Action::Reject,
                reason: None,
                phrases: PHRASES.map(str::to_owned).to_vec(),
            }],
            ..RuleSet::default()
        };
        Rules::compile(&set, None).unwrap()
    });
    &RULES
}

fn judge(text: &str) -> Judgement {
    rules().judge(&Submission {
        kind: Kind::Comment,
        fields: &[Field::Markdown(text)],
        author_approved_comments: 1,
        author_account_age: None,
        same_text_elsewhere: 0,
    })
}

/// The decision, and the matched phrases.
fn verdict(text: &str) -> (Outcome, Vec<Option<String>>) {
    let judgement = judge(text);
    let mut entries: Vec<_> = judgement.findings.into_iter().map(|found| found.entry).collect();
    entries.sort_unstable();
    (judgement.outcome, entries)
}

/// Words, some of them listed, with separators between them.
fn prose() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => "[a-z]{2,8}",
        1 => prop::sample::select(&["racism", "free", "money", "ass", "casino", "bonus", "class", "this", "hit"][..]).prop_map(str::to_owned),
    ];
    let gaps = prop::sample::select(&[" ", ", ", ". ", "\n", " - ", "-"][..]);
    prop::collection::vec((words, gaps), 1..20)
        .prop_map(|parts| parts.into_iter().map(|(word, gap)| word + gap).collect())
}

fn with_marks(text: &str, mark: char, seed: u64) -> String {
    let marked = |(index, c): (usize, char)| {
        let chosen = c.is_ascii_alphabetic() && (seed >> (index % 64)) & 1 == 1;
        std::iter::once(c).chain(chosen.then_some(mark))
    };
    text.chars().enumerate().flat_map(marked).collect()
}

proptest! {
    #[test]
    fn any_text_is_judged(text in any::<String>()) {
        let judgement = judge(&text);
        prop_assert_eq!(judgement.reason.is_none(), judgement.outcome == Outcome::Approved);
        fingerprint(&[Field::Markdown(&text)]);
    }

    #[test]
    fn any_markup_is_judged(text in "[a-c*_~`\\[\\]()<>&#;!|\\\\ \n./:@$0-9\u{202e}\u{202c}\u{200b}が博]{0,200}") {
        judge(&text);
        fingerprint(&[Field::Markdown(&text)]);
    }

    #[test]
    fn a_match_is_in_the_text(text in prose()) {
        for found in judge(&text).findings {
            let written = found.found.unwrap();
            prop_assert!(text.contains(&written), "{} is not in {}", written, text);
            prop_assert!(text.contains(&found.excerpt.unwrap()));
            let line = text.lines().nth(found.line.unwrap() as usize - 1).unwrap();
            prop_assert!(line.contains(written.lines().next().unwrap()));
        }
    }

    #[test]
    fn invisible_characters_change_nothing(
        text in prose(),
        mark in prop::sample::select(&['\u{200b}', '\u{200d}', '\u{ad}', '\u{2060}', '\u{feff}', '\u{202d}', '\u{fe0f}'][..]),
        seed in any::<u64>(),
    ) {
        prop_assert_eq!(verdict(&with_marks(&text, mark, seed)), verdict(&text));
    }

    #[test]
    fn accents_change_nothing(text in prose(), mark in prop::char::range('\u{300}', '\u{33f}'), seed in any::<u64>()) {
        prop_assert_eq!(verdict(&with_marks(&text, mark, seed)), verdict(&text));
    }

    #[test]
    fn case_changes_nothing(text in prose(), seed in any::<u64>()) {
        // A few words in capitals do not match the capitals rule; an I between lower-case letters may be read as an l.
        let changed: String = text
            .chars()
            .enumerate()
            .map(|(index, c)| if (seed >> (index % 64)) & 1 == 1 && !"il".contains(c) { c.to_ascii_uppercase() } else { c })
            .collect();
        prop_assert_eq!(verdict(&changed), verdict(&text));
    }

    #[test]
    fn width_and_style_change_nothing(text in prose(), base in prop::sample::select(&[0xFF41_u32, 0x1D41A, 0x1D5BA, 0x1D68A, 0x24D0][..])) {
        let styled = text.chars().map(|c| match c {
            'a'..='z' => char::from_u32(base + u32::from(c) - u32::from('a')).unwrap(),
            _ => c,
        });
        prop_assert_eq!(verdict(&styled.collect::<String>()), verdict(&text));
    }

    #[test]
    fn a_phrase_is_found_anywhere(
        before in prose(), after in prose(), phrase in prop::sample::select(&PHRASES[..]),
    ) {
        let found = verdict(&format!("{before} {phrase} {after}"));
        prop_assert!(found.1.contains(&Some(phrase.to_owned())));
    }

    #[test]
    fn a_phrase_within_a_longer_word_does_not_match(
        before in "[b-hj-km-np-rt-z]{1,5}", after in "[b-df-hj-km-np-rt-z]{1,5}",
        phrase in prop::sample::select(&["racism", "money", "casino"][..]),
    ) {
        // "racismmm" is not a longer word, but a stretched one.
        prop_assume!(!before.chars().all(|letter| phrase.starts_with(letter)));
        prop_assume!(!after.chars().all(|letter| phrase.ends_with(letter)));
        for text in [format!("{before}{phrase}"), format!("{phrase}{after}"), format!("{before}{phrase}{after}")] {
            prop_assert_eq!(verdict(&text).0, Outcome::Approved, "{}", text);
        }
    }

    #[test]
    fn words_that_are_not_listed_do_not_match(words in prop::collection::vec("[bdfghjkpqvwxyz]{2,9}", 0..40), gap in "[ ,.;:\n-]{1,2}") {
        prop_assert_eq!(verdict(&words.join(&gap)).0, Outcome::Approved);
    }
}
