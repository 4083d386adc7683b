//! Judging a text takes time in proportion to its length, whatever its content.
//!
//! The limit is a multiple of the time for ordinary prose of the same length in the same run, so that a slow machine
//! passes and a quadratic algorithm fails: at this length it would take a thousand times as long. The time for the
//! longest post is measured in `bench`.

use std::time::{Duration, Instant};

use common::api::moderation::{Action, PhraseList, RuleSet};
use moderation::domain::rules::{Kind, Rules, Submission};

const LENGTH: usize = 32 * 1024;

fn rules(phrases: Vec<String>) -> Rules {
    let set = RuleSet {
        phrases: vec![PhraseList {
            name: "all".to_owned(),
            action: Action::Reject,
            reason: None,
            phrases,
        }],
        ..RuleSet::default()
    };
    Rules::compile(&set).unwrap()
}

/// The shorter of two runs, since other tests run at the same time.
fn time(rules: &Rules, text: &str) -> Duration {
    let once = || {
        let begun = Instant::now();
        rules.judge(&Submission {
            kind: Kind::Post,
            text,
            author_approved_comments: 1,
            author_account_age: None,
            same_text_elsewhere: 0,
        });
        begun.elapsed()
    };
    once().min(once())
}

fn long(piece: &str) -> String {
    piece.repeat(LENGTH.div_ceil(piece.len()))
}

#[test]
fn judging_is_linear_in_the_length_of_any_text() {
    let mut phrases: Vec<String> = (0..5_000).map(|number| format!("phrase{number} x")).collect();
    phrases.extend((2..=12).map(|count| vec!["a"; count].join(" ")));
    phrases.extend((2..=12).map(|count| "i".repeat(count)));
    phrases.extend((2..=24).map(|count| "il".repeat(count / 2) + "l1"));
    let rules = rules(phrases);
    let prose = time(&rules, &long("The quick brown fox jumps over the lazy dog. "));
    for piece in [
        "a",
        "a ",
        "aa ",
        "a.",
        "i",
        "il",
        "1",
        "i1l ",
        "$",
        "@ ",
        "!",
        "1!",
        ".",
        "*",
        "**a",
        "_",
        "`",
        "[",
        "](",
        "[a](",
        "[a](b)",
        "![",
        "<",
        "<a ",
        "&",
        "&#1",
        "\\",
        "> ",
        "- ",
        "1. ",
        "|",
        "| a ",
        "#",
        "~",
        "\u{202e}a",
        "а",
        "аa ",
        "аa.",
        "博",
        "博 ",
        "が",
        "도",
        "พ",
        "\u{300}",
        "a\u{300}",
        "\u{200b}",
        "\u{1F170}",
        "http://",
        "a.com ",
        "a.com/",
        "a.",
        "a@",
        "//",
        ":",
        "[.]",
        "(dot) ",
        " dot ",
        "xn--a.a ",
        "é",
        "A",
        "Il",
        "\n",
        "\n\n",
        "[^1]",
        "[^1]: ",
        "https://a.example/[",
        "<b>",
        "<!--",
        "*a_",
        "a*",
        "a**b*",
    ] {
        let taken = time(&rules, &long(piece));
        assert!(
            // Far more than on a busy machine, and far less than an algorithm that is quadratic in the length.
            taken < 600 * prose.max(Duration::from_millis(5)),
            "{piece:?} takes {taken:?}, prose {prose:?}"
        );
    }
}
