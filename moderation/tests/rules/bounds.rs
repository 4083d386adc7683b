//! Judging a text takes time in proportion to its length, whatever its content, and its length hides nothing.
//!
//! The limit is a multiple of the time for ordinary prose of the same length in the same run, so that a slow machine
//! passes and a quadratic algorithm fails: at this length it would take a thousand times as long. The time for the
//! longest post is measured in `bench`.

use std::time::{Duration, Instant};

use common::{
    api::moderation::{Action, DomainList, PhraseList, RuleSet},
    event::Outcome,
};
use moderation::domain::rules::{Field, Judgement, Kind, Rules, Submission};

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
    Rules::compile(&set, None).unwrap()
}

/// The shorter of two runs, since other tests run at the same time.
fn time(rules: &Rules, text: &str) -> Duration {
    let once = || {
        let begun = Instant::now();
        rules.judge(&Submission {
            kind: Kind::Post,
            fields: &[Field::Markdown(text)],
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

fn judge(rules: &RuleSet, site: Option<&str>, kind: Kind, text: &str) -> Judgement {
    judge_fields(rules, site, kind, &[Field::Markdown(text)])
}

fn judge_fields(rules: &RuleSet, site: Option<&str>, kind: Kind, fields: &[Field<'_>]) -> Judgement {
    let rules = Rules::compile(rules, site).unwrap();
    rules.judge(&Submission {
        kind,
        fields,
        author_approved_comments: 1,
        author_account_age: None,
        same_text_elsewhere: 0,
    })
}

#[test]
fn allowed_phrases_do_not_crowd_out_others() {
    let list = |name: &str, action, phrase: &str| PhraseList {
        name: name.to_owned(),
        action,
        reason: None,
        phrases: vec![phrase.to_owned()],
    };
    let set = RuleSet {
        phrases: vec![
            list("fine", Action::Approve, "kick-ass"),
            list("rude", Action::Hold, "ass"),
            list("spam", Action::Reject, "scam"),
        ],
        ..RuleSet::default()
    };
    let many = "kick-ass ".repeat(12_000);
    for (text, outcome) in [
        ("kick-ass", Outcome::Approved),
        (&format!("{many} scam"), Outcome::Rejected),
        (&format!("{many} ass"), Outcome::Flagged),
    ] {
        let judgement = judge(&set, None, Kind::Comment, text);
        assert_eq!(judgement.outcome, outcome, "{} bytes", text.len());
    }
}

#[test]
fn links_of_this_site_do_not_hide_others() {
    let set = RuleSet {
        domains: vec![DomainList {
            name: "shops".to_owned(),
            action: Action::Reject,
            reason: None,
            domains: vec!["spam.example".to_owned()],
        }],
        ..RuleSet::default()
    };
    for before in [
        "[](/a) ",
        "[](https://docs.example/) ",
        "[](https://blog.example/) ",
    ] {
        let text = before.repeat(2_001) + "[x](https://spam.example)";
        let judgement = judge(&set, Some("blog.example"), Kind::Post, &text);
        assert_eq!(judgement.outcome, Outcome::Rejected, "{before}");
    }
}

#[test]
fn ordinary_posts_pass_and_the_same_in_a_comment_is_held() {
    let links: String = (0..120)
        .map(|n| format!("- [Site {n}](https://site{n}.example/)\n"))
        .collect();
    let sql = "SELECT ID, NAME, CREATED_AT FROM ACCOUNTS WHERE DELETED_AT IS NULL AND ROLE IN (SELECT ROLE FROM ADMINS) \
               ORDER BY CREATED_AT DESC LIMIT 20";
    let defaults = RuleSet::default();
    // A comment shows links in their place.
    let images = "![chart](https://images.example/a.png)\n".repeat(40);
    for text in [links.as_str(), sql, &images] {
        let outcome = |kind| judge(&defaults, None, kind, text).outcome;
        assert_eq!(outcome(Kind::Post), Outcome::Approved, "{text}");
        assert_eq!(outcome(Kind::Comment), Outcome::Flagged, "{text}");
    }
    let own = "See https://blog.example/posts/x and https://www.blog.example/about. ".repeat(10);
    let judgement = judge(&defaults, Some("blog.example"), Kind::Comment, &own);
    assert_eq!(judgement.outcome, Outcome::Approved);
}

#[test]
fn each_field_is_read_on_its_own() {
    let set = RuleSet {
        phrases: vec![PhraseList {
            name: "rude".to_owned(),
            action: Action::Reject,
            reason: None,
            phrases: vec!["racism".to_owned()],
        }],
        domains: vec![DomainList {
            name: "shops".to_owned(),
            action: Action::Reject,
            reason: None,
            domains: vec!["spam.example".to_owned()],
        }],
        ..RuleSet::default()
    };
    let outcome = |fields: &[Field<'_>]| judge_fields(&set, None, Kind::Post, fields).outcome;
    let fine = Field::Markdown("Fine.");
    assert_eq!(outcome(&[Field::Plain("Title"), fine]), Outcome::Approved);
    for hidden in [
        [Field::Plain("<!--"), Field::Markdown("ra*c*ism -->")],
        [Field::Plain("~~~"), Field::Markdown("[x](https://spam.example)")],
        [fine, Field::Plain("racism")],
        [fine, Field::Image("https://spam.example/cover.png")],
    ] {
        assert_eq!(outcome(&hidden), Outcome::Rejected, "{hidden:?}");
    }
}
