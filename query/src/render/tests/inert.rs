//! An independent check: parses HTML with another parser and reports active content. Its lists repeat those of the sanitiser
//! on purpose, so that a mistake in those is found.

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

/// Panics if `html` contains anything that is not on the list; `input` is for the message.
pub(super) fn assert_inert(html: &str, comment: bool, input: &str) {
    if let Err(reason) = check(html, comment) {
        panic!("{reason}\n  input:  {input:?}\n  output: {html:?}");
    }
}

pub(super) fn check(html: &str, comment: bool) -> Result<(), String> {
    // The parser of fragments drops these tags, but in a page their attributes would be added to the page's own.
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
        // Added by the parser.
        if matches!(element.value().name(), "html" | "body") && element.value().attrs().next().is_none() {
            continue;
        }
        check_element(&element, comment, &mut ids)?;
    }
    Ok(())
}

fn check_element(element: &ElementRef<'_>, comment: bool, ids: &mut HashSet<String>) -> Result<(), String> {
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

/// The protocol that a browser on an https page would use, by the URL standard.
fn protocol(url: &str) -> String {
    let base = ammonia::Url::parse("https://blog.example/p/x");
    match base.and_then(|base| base.join(url)) {
        Ok(url) => format!("{}:", url.scheme()),
        // An invalid URL leads nowhere.
        Err(_) => "https:".to_owned(),
    }
}

/// Properties of `document` and `window` have no hyphens in their names and cannot be clobbered by such an id.
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
fn the_check_finds_active_content() {
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
        assert!(check(html, false).is_err(), "{html}");
    }
    assert!(check("<img src='https://a/b'>", false).is_ok());
    assert!(check("<img src='https://a/b'>", true).is_err());
}
