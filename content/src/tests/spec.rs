//! The published examples of CommonMark and GitHub Flavored Markdown, with each deliberate difference and its reason.

use scraper::{Html, Node};

/// A node of the parsed HTML.
type Ref<'a> = <scraper::ElementRef<'a> as std::ops::Deref>::Target;

use super::{render_post, spec_differences::DIFFERENCES};
use crate::Document;

struct Example {
    number: u32,
    section: String,
    markdown: String,
    html: String,
}

fn examples(data: &str) -> Vec<Example> {
    let fence = "`".repeat(32);
    let (mut all, mut section) = (Vec::new(), String::new());
    let mut lines = data.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("# ") {
            section = title.to_owned();
        }
        let Some(info) = line.strip_prefix(&fence) else {
            continue;
        };
        let number = info.trim_start_matches(" example ").parse().unwrap();
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
        let dot = block.iter().position(|line| *line == ".").unwrap();
        let text = |lines: &[&str]| lines.iter().map(|line| line.replace('→', "\t") + "\n").collect();
        all.push(Example {
            number,
            section: section.clone(),
            markdown: text(&block[..dot]),
            html: text(&block[dot + 1..]),
        });
    }
    all
}

const BLOCKS: [&str; 24] = [
    "blockquote",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "thead",
    "ul",
];

/// A form in which HTML of the same meaning is the same text. `ours`: without what posts add to every heading, image, task
/// and code block.
fn normal(html: &str, ours: bool) -> String {
    let fragment = Html::parse_fragment(html);
    let mut out = String::new();
    let shift = u8::from(!ours && html.contains("<h1"));
    write(&mut out, fragment.tree.root(), ours, shift, false);
    // Blanks beside blocks show nothing.
    let mut text = out;
    for block in BLOCKS.into_iter().chain(["tr", "th", "br"]) {
        for tag in [format!("<{block}"), format!("</{block}>")] {
            text = text.replace(&format!(" {tag}"), &tag);
        }
        text = text.replace(&format!("</{block}> "), &format!("</{block}>"));
        text = text.replace(&format!("<{block}> "), &format!("<{block}>"));
    }
    text.trim().to_owned()
}

fn write(out: &mut String, node: Ref<'_>, ours: bool, shift: u8, pre: bool) {
    match node.value() {
        Node::Text(text) if pre => out.push_str(&text.replace('<', "&lt;")),
        Node::Text(text) => {
            for c in text.replace('<', "&lt;").chars() {
                let c = if matches!(c, '\n' | '\t') { ' ' } else { c };
                if c != ' ' || !out.ends_with(' ') {
                    out.push(c);
                }
            }
        }
        Node::Element(element) => {
            let class = element.attr("class").unwrap_or_default();
            if ours && class == "anchor" {
                out.truncate(out.trim_end().len());
                return;
            }
            let name = element.name();
            let bare = name == "html" || (ours && class.starts_with("hl-"));
            let level = name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
            let shown = level.map_or_else(|| name.to_owned(), |level| format!("h{}", (level + shift).min(6)));
            if !bare {
                out.push_str(&format!("<{shown}"));
                let mut attributes: Vec<_> = element
                    .attrs()
                    .filter(|(name, value)| !(ours && is_added(name, value)))
                    .map(|(name, value)| format!(" {name}={value:?}"))
                    .collect();
                attributes.sort();
                out.push_str(&attributes.concat());
                out.push('>');
            }
            for child in node.children() {
                write(out, child, ours, shift, pre || name == "pre");
            }
            if !bare && !matches!(name, "br" | "hr" | "img" | "input") {
                out.push_str(&format!("</{shown}>"));
            }
        }
        _ => node
            .children()
            .for_each(|child| write(out, child, ours, shift, pre)),
    }
}

fn is_added(name: &str, value: &str) -> bool {
    matches!(name, "loading" | "decoding" | "aria-label")
        || value == "task-list-item"
        || value.starts_with("h-")
}

/// The text of HTML as its readers see it.
fn text(html: &str) -> String {
    let text: String = Html::parse_fragment(html).root_element().text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn run(name: &str, data: &str, count: usize) {
    let all = examples(data);
    assert_eq!(all.len(), count);
    let (mut unexpected, mut missing) = (Vec::new(), Vec::new());
    for example in &all {
        let html = render_post(&example.markdown).html;
        let (ours, theirs) = (normal(&html, true), normal(&example.html, false));
        let reason = DIFFERENCES
            .iter()
            .find(|(spec, numbers, _)| *spec == name && numbers.contains(&example.number));
        match (ours == theirs, reason) {
            (false, None) => unexpected.push(format!(
                "{name} {} ({}): {:?}\n  ours   {ours}\n  theirs {theirs}\n  text   {}",
                example.number,
                example.section,
                example.markdown,
                text(&html) == text(&example.html)
            )),
            (true, Some((_, _, reason))) => {
                missing.push(format!("{} is as specified, not {reason:?}", example.number))
            }
            _ => {}
        }
        // Whatever the markup, what is read out is what is shown.
        let visible = Document::markdown(&example.markdown).visible().text;
        assert_eq!(
            visible.is_empty(),
            text(&html).is_empty() && !html.replace("alt=\"\"", "").contains("alt=\""),
            "{name} {}: {html}",
            example.number
        );
    }
    assert!(
        unexpected.is_empty(),
        "{} differences\n{}",
        unexpected.len(),
        unexpected.join("\n")
    );
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn commonmark() {
    run("commonmark", include_str!("../../tests/data/commonmark.txt"), 652);
}

#[test]
fn gfm() {
    run("gfm", include_str!("../../tests/data/gfm.txt"), 672);
}
