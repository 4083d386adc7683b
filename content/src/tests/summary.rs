//! Excerpts, word counts and reading time.

use unicode_segmentation::UnicodeSegmentation;

use proptest::prelude::*;

use super::{Rendered, render_comment, render_post};

#[test]
fn excerpts_are_the_first_paragraphs() {
    let cases = [
        ("Hello *big*\nworld.", "Hello big world."),
        ("# Title\n\nFirst.\n\nSecond.", "First. Second."),
        ("```rust\nfn main() {}\n```\n\nAfter code.", "After code."),
        ("# Only\n\n## Titles", "Only Titles"),
        ("- one\n- two", "one two"),
        ("> quoted\n\n| t |\n|---|\n| cell |", "quoted"),
        ("Text[^1].\n\n[^1]: Note.", "Text."),
        ("a <script>x</script> & b", "a & b"),
        ("press <kbd>Ctrl</kbd>", "press Ctrl"),
        ("![alt text](https://a.example/x.png)", "alt text"),
        ("> [!NOTE]\n> Hot.\n\nText $x^2$.", "Hot. Text x^2."),
        ("", ""),
        ("\u{1}\u{7F}", ""),
    ];
    for (markdown, excerpt) in cases {
        assert_eq!(render_post(markdown).excerpt, excerpt, "{markdown:?}");
    }
}

#[test]
fn long_excerpts_end_at_a_word() {
    let words = "word ".repeat(100);
    assert_eq!(
        render_post(&words).excerpt,
        format!("{}…", "word ".repeat(40).trim_end())
    );
    let chinese = "你好世界".repeat(100);
    assert_eq!(
        render_post(&chinese).excerpt,
        format!("{}…", "你好世界".repeat(50))
    );
    let giant = "x".repeat(1000);
    assert_eq!(render_post(&giant).excerpt, format!("{}…", "x".repeat(200)));
    // A family is one grapheme of seven code points, a flag of two.
    let families = "👨‍👩‍👧‍👦🇩🇪".repeat(150);
    assert_eq!(render_post(&families).excerpt, format!("{}…", "👨‍👩‍👧‍👦🇩🇪".repeat(60)));
    let marks = format!("a{}", "\u{301}".repeat(5000));
    assert_eq!(render_post(&marks).excerpt, "…");
}

#[test]
fn words_and_reading_minutes() {
    let cases = [
        ("", 0, 0),
        ("one", 1, 1),
        ("don't stop, e.g. 3.14", 4, 1),
        (&"word ".repeat(238), 238, 1),
        (&"word ".repeat(239), 239, 2),
        ("吾輩は猫である", 7, 1),
        (&"字".repeat(400), 400, 1),
        (&"字".repeat(401), 401, 2),
        (&format!("{} {}", "word ".repeat(119), "字".repeat(200)), 319, 1),
        ("안녕하세요 세계", 2, 1),
        ("# Title words\n\n| cell | two |\n|---|---|\n| a | b |", 6, 1),
        ("**bo**ld", 1, 1),
        ("```\nnot counted\n```", 0, 0),
    ];
    for (markdown, words, minutes) in cases {
        let rendered = render_post(markdown);
        assert_eq!(
            (rendered.words, rendered.reading_minutes),
            (words, minutes),
            "{markdown:?}"
        );
    }
}

#[test]
fn rendering_is_deterministic() {
    let body = "# A\n\n```rust\nlet x = 1;\n```\n\n[^1] *b* <kbd>c</kbd>\n\n[^1]: d";
    assert_eq!(render_post(body), render_post(body));
    assert_eq!(render_comment(body, "1"), render_comment(body, "1"));
    assert_eq!(render_post(""), Rendered::default());
}

proptest! {
    #[test]
    fn excerpts_are_short_and_whole(markdown in "(\\PC{0,12}[ \n]?){0,40}") {
        let excerpt = render_post(&markdown).excerpt;
        prop_assert!(excerpt.graphemes(true).count() <= 201);
        prop_assert!(excerpt.len() <= 2003);
        prop_assert!(!excerpt.contains('\n'));
    }
}
