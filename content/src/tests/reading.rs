//! What is judged is what is shown: visible text and links, blanks, language, what was left out.

use proptest::prelude::*;
use scraper::{ElementRef, Html, Node};

use super::attacks::fragments;
use crate::{Audience, Direction, Document, Flavour, LinkKind, direction, is_blank, sanitize::is_canonical};

fn visible(markdown: &str) -> String {
    Document::markdown(markdown).visible().text
}

#[test]
fn visible_text_is_what_a_reader_sees() {
    for (markdown, text) in [
        ("ra<!-- x -->cism", "racism"),
        ("ra<b></b>cism ra<script>x</script>cism", "racism racism"),
        ("r&#97;cism r\\acism ra\\*cism", "racism r\\acism ra*cism"),
        ("*ra*cism **ra**cism ra<span>c</span>ism", "racism racism racism"),
        ("ra<br>cism", "ra\ncism"),
        ("ra<wbr>cism", "racism"),
        ("a [link](/x \"title\") b", "a link b"),
        ("![an image](/x.png)", "an image"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("| a | b |\n|-|-|\n| c | d |", "a\nb\nc\nd"),
        ("word[^1]\n\n[^1]: note", "word\nnote"),
        ("`code` and\n\n    block", "code and\nblock"),
        ("<style>x</style>a<template>b</template>", "a"),
        ("Vec<String> and <your-name>", "Vec<String> and <your-name>"),
        ("Box<dyn Error>", "Box<dyn Error>"),
        ("<custom-tag>text</custom-tag>", "text"),
        ("<Note>\n\ntext\n\n</Note>", "text"),
        ("<placeholder>", "<placeholder>"),
        ("a\r\nb\rc\r\n\r\n    d\r\n", "a\nb\nc\nd"),
        ("[a]: /x 'y'", ""),
    ] {
        assert_eq!(visible(markdown), text, "{markdown:?}");
    }
}

#[test]
fn a_plain_field_has_no_markup() {
    for text in ["~~~", "# a", "<b>a</b> & *b*", "[a](/b)", "    a", "<!-- a"] {
        let document = Document::plain(text);
        assert_eq!(document.visible().text, text);
        assert!(document.visible().links.is_empty() && !document.is_blank());
    }
}

#[test]
fn links_are_what_a_reader_can_follow() {
    let text = "[a](/x) <a href='https://b.example'>b</a> ![c](http://c.example/c.png) https://d.example \
        [](/hidden) [e](javascript:x)\n\n[unused]: /y\n\n<iframe src='https://player.vimeo.com/video/7' title='V'></iframe>";
    let visible = Document::markdown(text).visible();
    let links: Vec<_> = visible
        .links
        .iter()
        .map(|link| (link.url.as_str(), &visible.text[link.text.clone()], link.kind))
        .collect();
    assert_eq!(
        links,
        [
            ("/x", "a", LinkKind::Link),
            ("https://b.example", "b", LinkKind::Link),
            ("https://c.example/c.png", "c", LinkKind::Image),
            ("https://d.example", "https://d.example", LinkKind::Link),
            ("/hidden", "", LinkKind::Link),
            ("https://vimeo.com/7", "Vimeo: V", LinkKind::Link),
        ]
    );
}

#[test]
fn lines_lead_back_to_the_source() {
    let source = "one\n\n- two\n- three\n\n```\nfour\n```\n\n<p>\nfive</p>";
    let visible = Document::markdown(source).visible();
    for (word, line) in [("one", 1), ("two", 3), ("three", 4), ("four", 6), ("five", 11)] {
        let at = visible.text.find(word).unwrap();
        assert_eq!(visible.line(at), line, "{word}");
    }
}

#[test]
fn what_shows_nothing_is_blank() {
    for text in [
        "",
        " \n",
        "&nbsp;",
        "<!-- x -->",
        "[a]: /b",
        "\u{200B}",
        "\u{3164}",
        "\u{2800}\u{2800}",
        "&#8203;",
        "&zwj;",
        "\u{E0041}",
        "<b></b>",
        "# ",
        "- \n- ",
        "- [ ] ",
        "---",
        "<script>x</script>",
        "[](/x)",
        "\u{115F}\u{1160}\u{FFA0}",
        "\u{00AD}\u{034F}\u{FE0F}",
        "***",
        "> ",
        "```\n```",
    ] {
        assert!(Document::markdown(text).is_blank(), "{text:?}");
    }
    for text in [
        "a",
        "![](https://a.example/x.png)",
        "`x`",
        "$x$",
        ".",
        "\u{301}",
        "👍\u{FE0F}",
        "한",
        "<b>x</b>",
    ] {
        assert!(!Document::markdown(text).is_blank(), "{text:?}");
    }
    assert!(is_blank("\u{3164} \u{2800}") && !is_blank("\u{3164}a"));
}

#[test]
fn what_was_left_out_is_reported() {
    let report = |markdown: &str| {
        let document = Document::markdown(markdown);
        let entries = document.left_out().iter();
        entries
            .map(|entry| format!("{}: {}", entry.line, entry.part))
            .collect::<Vec<_>>()
    };
    for (markdown, entries) in [
        ("a <kbd>b</kbd> <!-- c --> Vec<T>", &[][..]),
        (
            "a\n\n<font color=red>b</font>",
            &["3: The tag <font> is not permitted; its text is shown."],
        ),
        (
            "<script>x</script>",
            &["1: The element <script> is not permitted and was removed."],
        ),
        (
            "a\n\n<!-- b\n\nc",
            &["3: A comment begins here and does not end, so nothing after it is shown."],
        ),
        (
            "<svg><path d='M0'/><font>x</font></svg>",
            &["1: The element <svg> is not permitted and was removed."],
        ),
        (
            "<p\nonclick=x style='y'>z</p>",
            &[
                "2: The attribute onclick of <p> is not permitted.",
                "2: The attribute style of <p> is not permitted.",
            ],
        ),
        (
            "[x](javascript:y)",
            &["1: The link address javascript:y is not permitted."],
        ),
        (
            "![x](data:image/png;base64,AA==)",
            &["1: The image data:image/png;base64,AA== cannot be loaded."],
        ),
        (
            "<li>x</li>",
            &["1: The tag <li> is not possible here; its text is shown."],
        ),
        (
            "<iframe src='https://www.youtube.com/embed/x'></iframe>",
            &["1: The YouTube player is shown as a link."],
        ),
        (
            "$\\nocommand$",
            &["1: The formula is not valid: Unknown command \"\\nocommand\"."],
        ),
    ] {
        assert_eq!(report(markdown), entries, "{markdown:?}");
    }
}

#[test]
fn languages_are_detected() {
    for (text, language) in [
        (
            "I have been reading this blog for two years now, and there has never been a better explanation.",
            Some("en"),
        ),
        (
            "Der schnelle braune Fuchs springt über den faulen Hund und schläft dann unter dem Baum.",
            Some("de"),
        ),
        (
            "Le renard brun saute par-dessus le chien paresseux, puis il s'endort sous un vieil arbre.",
            Some("fr"),
        ),
        (
            "Быстрая коричневая лиса прыгает через ленивую собаку, а потом спит под старым деревом.",
            Some("ru"),
        ),
        (
            "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
            Some("ja"),
        ),
        (
            "话说天下大势，分久必合，合久必分。周末七国分争，并入于秦。",
            Some("zh"),
        ),
        (
            "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.",
            Some("ko"),
        ),
        (
            "الثعلب البني السريع يقفز فوق الكلب الكسول ثم ينام تحت الشجرة القديمة.",
            Some("ar"),
        ),
        (
            "השועל החום המהיר קופץ מעל הכלב העצלן ואז ישן מתחת לעץ הישן.",
            Some("he"),
        ),
        ("OK.", None),
        (
            "```\nfor the quick brown fox jumps over the lazy dog and sleeps\n```",
            None,
        ),
    ] {
        assert_eq!(Document::markdown(text).language(), language, "{text}");
    }
    for (tag, expected) in [
        ("en", Direction::Ltr),
        ("ar", Direction::Rtl),
        ("he-IL", Direction::Rtl),
        ("az-Arab", Direction::Rtl),
        ("pa", Direction::Ltr),
        ("ks-Deva", Direction::Ltr),
        ("ar-Latn", Direction::Ltr),
        ("FA", Direction::Rtl),
    ] {
        assert_eq!(direction(tag), expected, "{tag}");
    }
}

/// The text of HTML, descriptions of images in place and without blanks; what the platform adds is skipped.
fn shown(html: &str) -> (String, usize) {
    let fragment = Html::parse_fragment(html);
    let (mut text, mut links) = (String::new(), 0);
    for node in fragment.tree.root().descendants() {
        let added = |element: ElementRef<'_>| {
            let class = element.value().attr("class").unwrap_or_default();
            matches!(class, "anchor" | "footnote-ref" | "footnote-backref")
        };
        if node.ancestors().filter_map(ElementRef::wrap).any(added) {
            continue;
        }
        match node.value() {
            Node::Text(part) => text.push_str(part),
            Node::Element(element) if element.name() == "img" => {
                text.push_str(element.attr("alt").unwrap_or_default());
                links += 1;
            }
            Node::Element(element) if element.name() == "a" => {
                links += usize::from(ElementRef::wrap(node).is_some_and(|element| !added(element)));
            }
            _ => {}
        }
    }
    (text.chars().filter(|c| !c.is_whitespace()).collect(), links)
}

/// The elements with their depth, as they are written.
fn written_outline(html: &str) -> Vec<(String, usize)> {
    let (mut all, mut depth) = (Vec::new(), 0);
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            depth -= 1;
            continue;
        }
        let name = tag.split([' ', '>']).next().unwrap_or_default();
        all.push((name.to_owned(), depth));
        depth += usize::from(!matches!(name, "br" | "hr" | "img" | "input" | "wbr"));
    }
    all
}

/// The elements with their depth, as a browser's parser finds them.
fn parsed_outline(html: &str) -> Vec<(String, usize)> {
    let fragment = Html::parse_fragment(html);
    let elements = fragment.tree.root().descendants().filter_map(ElementRef::wrap);
    // Inside the root and the parser's own `html`.
    elements
        .skip(1)
        .map(|element| (element.value().name().to_owned(), element.ancestors().count() - 2))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn visible_text_and_links_are_those_of_the_page(markdown in fragments()) {
        let document = Document::markdown(&markdown);
        let visible = document.visible();
        let (text, links) = shown(&document.html(Flavour::Post));
        let own: String = visible.text.chars().filter(|c| !c.is_whitespace()).collect();
        prop_assert_eq!(own, text, "{:?}", document.html(Flavour::Post));
        prop_assert_eq!(visible.links.len(), links);
    }

    #[test]
    fn the_parser_of_a_browser_reads_the_tree_as_it_is_written(markdown in fragments()) {
        let document = Document::markdown(&markdown);
        for (flavour, audience) in [
            (Flavour::Post, Audience::Post),
            (Flavour::Comment { id: "1" }, Audience::Comment),
            (Flavour::Feed { base: "https://blog.example/p/x" }, Audience::Post),
            (Flavour::Mail { base: "https://blog.example/p/x" }, Audience::Post),
        ] {
            let html = document.unsanitized(flavour);
            prop_assert!(is_canonical(&html, audience), "{}", html);
            // Neither moved nor removed by parsing: the elements are the same, in the same order.
            prop_assert_eq!(parsed_outline(&html), written_outline(&html), "{}", html);
        }
    }
}
