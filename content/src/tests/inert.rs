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
    "bdi",
    "bdo",
    "caption",
    "cite",
    "dd",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "rp",
    "rt",
    "ruby",
    "strike",
    "summary",
    "tfoot",
    "time",
    "tt",
];

const MATH: &[&str] = &[
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];

/// Panics if `html` contains anything that is not on the list; `input` is for the message.
pub(crate) fn assert_inert(html: &str, comment: bool, input: &str) {
    if let Err(reason) = check(html, comment) {
        panic!("{reason}\n  input:  {input:?}\n  output: {html:?}");
    }
}

pub(crate) fn check(html: &str, comment: bool) -> Result<(), String> {
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
    if &*value.name.ns == "http://www.w3.org/1998/Math/MathML" && MATH.contains(&name) {
        let bad = value.attrs().find(|(name, text)| !math_ok(name, text));
        return bad.map_or(Ok(()), |bad| Err(format!("<{name}> has {bad:?}")));
    }
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

/// Nothing that loads, leads or runs: MathML has `href`, `src`, `altimg`, `actiontype` and handlers.
fn math_ok(name: &str, text: &str) -> bool {
    let safe =
        !name.starts_with("on") && !["href", "src", "altimg", "actiontype", "style", "id"].contains(&name);
    safe && name != "xlink:href"
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " .-+%".contains(c))
}

fn attribute_ok(name: &str, attribute: &str, text: &str, comment: bool) -> bool {
    match (name, attribute) {
        ("a", "href") | (_, "cite") => ["http:", "https:", "mailto:", "tel:", "irc:", "ircs:", "xmpp:"]
            .contains(&protocol(text).as_str()),
        ("img", "src") => protocol(text) == "https:",
        ("a", "rel") => comment && text == "nofollow ugc noopener",
        (_, "title" | "lang") | ("img", "alt") | ("a" | "input", "aria-label") => true,
        (_, "dir") => matches!(text, "ltr" | "rtl" | "auto"),
        ("time" | "del" | "ins", "datetime") => true,
        ("details", "open") | ("ol", "reversed") | ("td" | "th", "nowrap") => text.is_empty(),
        ("ol", "type") => text.len() == 1,
        (_, "width" | "height" | "colspan" | "rowspan" | "value" | "hspace" | "vspace" | "border") => {
            text.bytes().all(|c| c.is_ascii_digit() || c == b'%')
        }
        (_, "valign" | "scope" | "clear") => text.bytes().all(|c| c.is_ascii_lowercase()),
        ("img", "loading") => text == "lazy",
        ("img", "decoding") => text == "async",
        ("input", "type") => text == "checkbox",
        ("input", "checked" | "disabled") => text.is_empty(),
        (_, "align") => matches!(text, "left" | "right" | "center" | "justify"),
        ("ol", "start") => text.bytes().all(|c| c.is_ascii_digit()),
        (_, "id") => id_ok(text, comment),
        ("a" | "code" | "div" | "li" | "p" | "pre" | "section" | "span" | "sup", "class") => {
            text.split(' ').all(class_ok)
        }
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
    fixed.contains(&class)
        || class.starts_with("markdown-alert")
        || class.starts_with("hl-") && class.len() == 5
        || class.starts_with("language-")
}

#[test]
fn the_check_finds_active_content() {
    let guilty = [
        "<script>1</script>",
        "<p onclick=x>",
        "<a href='javascript:x'>",
        "<a href=' java\nscript:x'>",
        "<svg></svg>",
        "<math href='javascript:x'></math>",
        "<math><maction actiontype=x></maction></math>",
        "<math><mtext onclick=x></mtext></math>",
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
