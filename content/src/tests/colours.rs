//! Highlighted code and its stylesheet.

use super::inert::assert_inert;
use super::{render_comment, render_post};
use crate::{
    highlight::{Budget, highlight, language_name},
    highlight_css,
    palette::{DARK, LIGHT, Token},
};

#[test]
fn code_is_highlighted_by_class() {
    let cases = [
        (
            "rust",
            "fn main() { let s = \"x\"; } // y",
            &["hl-kw\">fn", "hl-fn\">main", "hl-st\">", "hl-co\">"][..],
        ),
        ("rust,no_run", "let x = 42;", &["hl-kw\">let", "hl-nu\">42"]),
        (
            "python",
            "def f(x):\n    return f'{x}'",
            &["hl-kw\">def", "hl-fn\">f", "hl-st\">"],
        ),
        (
            "ts",
            "interface A { b: string }",
            &["hl-kw\">interface", "hl-ty\">A"],
        ),
        ("js", "const a = `b ${c} d`;", &["hl-kw\">const", "hl-st\">b"]),
        ("toml", "[package]\nname = \"x\"", &["hl-st\">"]),
        ("json", "{\"a\": [1, true]}", &["hl-nu\">1"]),
        (
            "bash",
            "for i in a; do echo \"$i\"; done",
            &["hl-kw\">for", "hl-va\">$i"],
        ),
        ("diff", "-old\n+new", &["hl-de\">-old", "hl-in\">+new"]),
        ("html", "<p class=\"x\">y</p>", &["hl-ta\">p", "hl-at\">class"]),
        ("sql", "SELECT 1 FROM t;", &["hl-kw\">SELECT"]),
        ("yaml", "a: 1 # b", &["hl-co\"># b"]),
        ("dockerfile", "FROM scratch", &["hl-kw\">FROM"]),
    ];
    for (language, code, spans) in cases {
        let html = render_post(&format!("```{language}\n{code}\n```")).html;
        for span in spans {
            assert!(html.contains(span), "{language}: no {span:?} in {html}");
        }
        assert_inert(&html, false, code);
    }
}

#[test]
fn languages_have_the_names_that_authors_write() {
    let names = "sh bash zsh shell console fish powershell ps1 pwsh bat c h cpp c++ cc hpp objc objective-c cs csharp c# f# fsharp \
        java kotlin kt scala groovy clojure clj go golang rust rs rust,no_run swift dart js javascript jsx mjs ts typescript tsx \
        vue svelte html xml svg css scss sass less json jsonc json5 yaml yml toml ini conf properties env sql psql mysql graphql \
        proto protobuf dockerfile docker makefile make cmake nginx apache haskell hs ocaml elm erlang elixir ruby rb erb perl php \
        python py python3 r julia lua vim latex tex markdown md rst diff patch http hcl terraform tf nix zig nim crystal solidity \
        asm assembly verilog lisp scheme fortran pascal awk jq csv log";
    for name in names.split_ascii_whitespace() {
        let known = language_name(name).and_then(|name| highlight(name, "x", &mut Budget::large()));
        assert!(known.is_some(), "{name}");
    }
}

#[test]
fn highlighting_does_not_change_text() {
    let code = "<a href=\"x\">&amp;</a>\n\n\tif (a && b) { 'c' }\n  \u{1F389} é\n";
    for language in [
        "html", "rust", "js", "python", "c", "php", "ruby", "go", "bash", "css", "xml", "java", "md",
    ] {
        let html = render_post(&format!("```{language}\n{code}```")).html;
        let text: String = scraper::Html::parse_fragment(&html)
            .root_element()
            .text()
            .collect();
        assert_eq!(
            text.trim_end_matches('\n'),
            code.trim_end_matches('\n'),
            "{language}"
        );
    }
}

#[test]
fn unknown_and_oversized_code_is_not_highlighted() {
    let long_block = "let x = 1;\n".repeat(1000);
    let long_line = format!("let x = \"{}\";", "y".repeat(400));
    for (language, code) in [
        ("klingon", "let"),
        ("text", "let"),
        ("", "let"),
        ("rust", &long_block),
        ("rust", &long_line),
    ] {
        let html = render_post(&format!("```{language}\n{code}\n```")).html;
        assert!(!html.contains("<span"), "{language} {} bytes", code.len());
    }
    assert!(
        render_post("    let indented = 1;")
            .html
            .starts_with("<pre><code>let")
    );
}

#[test]
fn the_budget_of_a_document_is_limited() {
    let block = format!("```rust\n{}```\n\n", "let x = 1;\n".repeat(180));
    let coloured = |html: &str| {
        html.split("<pre>")
            .filter(|block| block.contains("<span"))
            .count()
    };
    assert_eq!(coloured(&render_post(&block.repeat(40)).html), 16);
    assert_eq!(coloured(&render_comment(&block.repeat(40), "1").html), 2);
}

#[test]
fn the_stylesheet_has_every_class_and_both_themes() {
    let css = highlight_css();
    for token in Token::ALL {
        let class = token.ink().class;
        assert!(
            css.contains(&format!(".{class}{{color:var(--{class})}}")),
            "{class}"
        );
        assert_eq!(
            css.matches(&format!("--{class}:")).count(),
            3,
            "{class}: light, dark by system, dark by choice"
        );
    }
    assert!(css.contains("prefers-color-scheme:dark"));
    assert_eq!(css.matches('{').count(), css.matches('}').count());
}

#[test]
fn every_colour_has_sufficient_contrast() {
    for token in Token::ALL {
        let ink = token.ink();
        for (colour, [background, _]) in [(ink.light, LIGHT), (ink.dark, DARK)] {
            let contrast = contrast(colour, background);
            assert!(
                contrast >= 4.5,
                "{token:?}: {colour} on {background} is {contrast:.2}:1"
            );
        }
    }
    for [background, text] in [LIGHT, DARK] {
        assert!(contrast(text, background) >= 7.0);
    }
}

/// The contrast ratio of WCAG 2.2.
fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap_or(0)) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
