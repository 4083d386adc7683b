//! A table of attempts to run a script, through each wall alone and through both.

use super::inert::{assert_inert, check};
use crate::{
    Audience, Document, Flavour, sanitize,
    sanitize::{clean, is_canonical},
};

const BASE: &str = "https://blog.example/p/x";

/// The lines of the table, without their escapes.
pub(crate) fn payloads() -> Vec<String> {
    let table = include_str!("../../tests/data/xss.txt");
    table
        .lines()
        .filter(|line| !line.starts_with("# Attempts"))
        .map(unescaped)
        .collect()
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&code, 16).ok();
                text.extend(code.and_then(char::from_u32));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

#[test]
fn the_table_is_long() {
    let payloads = payloads();
    assert!(payloads.len() >= 300, "{}", payloads.len());
    let unique: std::collections::HashSet<_> = payloads.iter().collect();
    assert_eq!(unique.len(), payloads.len());
}

#[test]
fn the_tree_lets_no_payload_through() {
    for payload in payloads() {
        let document = Document::markdown(&payload);
        for flavour in [
            Flavour::Post,
            Flavour::Comment { id: "1" },
            Flavour::Feed { base: BASE },
            Flavour::Mail { base: BASE },
        ] {
            let comment = matches!(flavour, Flavour::Comment { .. });
            let html = document.unsanitized(flavour);
            assert_inert(&html, comment, &payload);
            let audience = if comment {
                Audience::Comment
            } else {
                Audience::Post
            };
            assert!(is_canonical(&html, audience), "{payload:?}\n{html}");
        }
    }
}

#[test]
fn the_sanitiser_lets_no_payload_through() {
    for payload in payloads() {
        for html in [
            payload.clone(),
            format!("<p>a<em>{payload}</em></p>"),
            format!("<table><td>{payload}"),
            format!("<math><mtext>{payload}</mtext></math>"),
        ] {
            for (audience, comment) in [(Audience::Post, false), (Audience::Comment, true)] {
                assert_inert(&sanitize(&html, audience), comment, &html);
                assert_inert(&clean(&html, audience), comment, &html);
            }
        }
    }
}

#[test]
fn no_plain_field_lets_a_payload_through() {
    for payload in payloads() {
        let html = Document::plain(&payload).html(Flavour::Comment { id: "1" });
        assert_eq!(check(&html, true), Ok(()), "{payload:?}");
        let body = html.strip_prefix("<pre class=\"plain\">\n").unwrap();
        assert!(!body.trim_end_matches("</pre>").contains('<'), "{html}");
    }
}
