//! An independent judge: parses HTML with another parser and reports whatever could act. Its lists are
//! written out again on purpose, so that a slip in the sanitiser's lists does not excuse itself.

use std::collections::HashSet;

use scraper::{ElementRef, Html};

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Panics if anything in `html` is off the list; `input` is only for the message.
pub(super) fn assert_inert(html: &str, comment: bool, input: &str) {
    if let Err(reason) = judge(html, comment) {
        panic!("{reason}\n  input:  {input:?}\n  output: {html:?}");
    }
}

pub(super) fn judge(html: &str, comment: bool) -> Result<(), String> {
    // As a fragment these tags vanish, but in a page they would lend their attributes to its own.
    for tag in ["<body", "<html", "<head"] {
        if html.to_ascii_lowercase().contains(tag) {
            return Err(format!("{tag}> is not allowed"));
        }
    }
    let fragment = Html::parse_fragment(html);
    let mut ids = HashSet::new();
    for node in fragment.tree.nodes() {
        if node.value().is_comment()
            || node.value().as_processing_instruction().is_some()
            || node.value().is_doctype()
        {
            return Err(format!("{:?} survived", node.value()));
        }
        let Some(element) = ElementRef::wrap(node) else {
            continue;
        };
        // The parser's own frame.
        if matches!(element.value().name(), "html" | "body") && element.value().attrs().next().is_none() {
            continue;
        }
        judge_element(&element, comment, &mut ids)?;
    }
    Ok(())
}

fn judge_element(element: &ElementRef<'_>, comment: bool, ids: &mut HashSet<String>) -> Result<(), String> {
    let value = element.value();
    let name = value.name();
    if &*value.name.ns != "http://www.w3.org/1999/xhtml" {
        return Err(format!("<{name}> is foreign content"));
    }
    if !ELEMENTS.contains(&name) || (comment && matches!(name, "h2" | "h3" | "img")) {
        return Err(format!("<{name}> is not allowed"));
    }
    for (attribute, text) in value.attrs() {
        if !attribute_ok(name, attribute, text, comment) {
            return Err(format!("<{name} {attribute}={text:?}> is not allowed"));
        }
        if attribute == "id" && !ids.insert(text.to_owned()) {
            return Err(format!("id {text:?} is not unique"));
        }
    }
    if name == "input" && (value.attr("type") != Some("checkbox") || value.attr("disabled").is_none()) {
        return Err("an input other than a disabled checkbox".to_owned());
    }
    Ok(())
}

fn attribute_ok(name: &str, attribute: &str, text: &str, comment: bool) -> bool {
    match (name, attribute) {
        ("a", "href") => ["http:", "https:", "mailto:"].contains(&protocol(text).as_str()),
        ("img", "src") => protocol(text) == "https:",
        ("a", "rel") => comment && text == "nofollow ugc noopener",
        ("a" | "img", "title") | ("img", "alt") | ("a" | "input", "aria-label") => true,
        ("img", "loading") => text == "lazy",
        ("img", "decoding") => text == "async",
        ("input", "type") => text == "checkbox",
        ("input", "checked" | "disabled") => text.is_empty(),
        ("td" | "th", "align") => matches!(text, "left" | "right" | "center"),
        ("ol", "start") => text.bytes().all(|c| c.is_ascii_digit()),
        ("a" | "h2" | "h3" | "h4" | "h5" | "h6" | "li", "id") => id_ok(text, comment),
        ("a" | "code" | "li" | "pre" | "section" | "span" | "sup", "class") => text.split(' ').all(class_ok),
        _ => false,
    }
}

/// The protocol a browser on an https page would use, by the same URL standard browsers follow.
fn protocol(url: &str) -> String {
    let base = ammonia::Url::parse("https://blog.example/p/x");
    match base.and_then(|base| base.join(url)) {
        Ok(url) => format!("{}:", url.scheme()),
        // What does not parse goes nowhere.
        Err(_) => "https:".to_owned(),
    }
}

/// No name with a hyphen is a property of `document` or `window`, so it cannot be clobbered.
fn id_ok(id: &str, comment: bool) -> bool {
    let prefixes: &[&str] = if comment {
        &["fn-c", "fnref-c"]
    } else {
        &["h-", "fn-", "fnref-"]
    };
    prefixes.iter().any(|prefix| id.starts_with(prefix)) && !id.contains(char::is_whitespace)
}

fn class_ok(class: &str) -> bool {
    let fixed = [
        "anchor",
        "footnote-backref",
        "footnote-ref",
        "footnotes",
        "plain",
        "task-list-item",
    ];
    fixed.contains(&class) || class.starts_with("hl-") && class.len() == 5 || class.starts_with("language-")
}

#[test]
fn the_judge_condemns_what_acts() {
    let guilty = [
        "<script>1</script>",
        "<p onclick=x>",
        "<a href='javascript:x'>",
        "<a href=' java\nscript:x'>",
        "<svg></svg>",
        "<math></math>",
        "<p style='color:red'>",
        "<img src='data:x'>",
        "<img src='http://a/b'>",
        "<!-- x -->",
        "<a id=location>",
        "<h2 id='h-a'></h2><h2 id='h-a'></h2>",
        "<input>",
        "<form></form>",
        "<h1>x</h1>",
        "<body onload=x>",
    ];
    for html in guilty {
        assert!(judge(html, false).is_err(), "{html}");
    }
    assert!(judge("<img src='https://a/b'>", false).is_ok());
    assert!(judge("<img src='https://a/b'>", true).is_err());
}
