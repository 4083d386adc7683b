//! The attributes that an author's raw tags may have, with the values that they may have.

use crate::{
    highlight::is_language_name,
    report::Part,
    tag::Tag,
    url::{image_source, link_target},
};

/// The longest value that is kept, in bytes; URLs may be longer.
const MAX_VALUE: usize = 1000;

/// What becomes of an attribute.
pub(crate) enum Verdict {
    Keep(&'static str, String),
    /// Without effect for readers, so not worth a report.
    Ignore,
    LeaveOut(Part),
}

/// Judges an attribute of a raw tag; its name is in lower case.
pub(crate) fn judge(tag: Tag, name: &str, value: &str) -> Verdict {
    match (tag, name) {
        (Tag::A, "href") => link(value),
        (Tag::Img, "src") => image(value),
        (Tag::A | Tag::Div | Tag::Span, "name") | (_, "id") => anchor(value),
        _ => plain(tag, name, value),
    }
}

fn link(value: &str) -> Verdict {
    match link_target(value) {
        Some(target) => Verdict::Keep("href", target),
        None => Verdict::LeaveOut(Part::Link(value.to_owned())),
    }
}

fn image(value: &str) -> Verdict {
    match image_source(value) {
        Some(source) => Verdict::Keep("src", source),
        None => Verdict::LeaveOut(Part::Image(value.to_owned())),
    }
}

/// An id is renamed later, so that it cannot be that of a part of the page.
fn anchor(value: &str) -> Verdict {
    let fits = !value.is_empty() && value.len() <= 200 && !value.contains(char::is_whitespace);
    if fits {
        Verdict::Keep("id", value.to_owned())
    } else {
        Verdict::Ignore
    }
}

fn plain(tag: Tag, name: &str, value: &str) -> Verdict {
    let value = value.trim();
    let table = matches!(tag, Tag::Td | Tag::Th);
    let keep = match (tag, name) {
        (_, "title") => Some(("title", !value.is_empty() && value.len() <= MAX_VALUE)),
        (Tag::Pre, "lang") => return code_class(value),
        (_, "lang") => Some(("lang", is_language_tag(value))),
        (_, "dir") => Some(("dir", matches!(value, "ltr" | "rtl" | "auto"))),
        (Tag::Img, "alt") => Some(("alt", value.len() <= MAX_VALUE)),
        (Tag::Img | Tag::Td | Tag::Th | Tag::Table, "width") => return length("width", value),
        (Tag::Img | Tag::Td | Tag::Th, "height") => return length("height", value),
        (Tag::Img, "hspace") => Some(("hspace", is_count(value, 4))),
        (Tag::Img, "vspace") => Some(("vspace", is_count(value, 4))),
        (Tag::Br, "clear") => Some(("clear", matches!(value, "left" | "right" | "all"))),
        (Tag::Table, "border") => Some(("border", is_count(value, 2))),
        (Tag::Td | Tag::Th, "nowrap") => return Verdict::Keep("nowrap", String::new()),
        (_, "align") if has_align(tag) => {
            return match one_of(value, &["left", "right", "center", "justify"]) {
                Some(value) => Verdict::Keep("align", value.to_owned()),
                None => Verdict::Ignore,
            };
        }
        (_, "valign") if table => {
            return match one_of(value, &["top", "middle", "bottom", "baseline"]) {
                Some(value) => Verdict::Keep("valign", value.to_owned()),
                None => Verdict::Ignore,
            };
        }
        (_, "colspan") if table => Some(("colspan", is_count(value, 2))),
        (_, "rowspan") if table => Some(("rowspan", is_count(value, 3))),
        (Tag::Th, "scope") => Some(("scope", matches!(value, "row" | "col" | "rowgroup" | "colgroup"))),
        (Tag::Ol, "start") | (Tag::Li, "value") => {
            let name = if tag == Tag::Ol { "start" } else { "value" };
            Some((name, is_count(value, 9)))
        }
        (Tag::Ol, "type") => Some(("type", matches!(value, "1" | "a" | "A" | "i" | "I"))),
        (Tag::Ol, "reversed") => return Verdict::Keep("reversed", String::new()),
        (Tag::Details, "open") => return Verdict::Keep("open", String::new()),
        (Tag::Time | Tag::Del | Tag::Ins, "datetime") => Some(("datetime", value.len() <= 64)),
        (Tag::Blockquote | Tag::Q | Tag::Del | Tag::Ins, "cite") => {
            return link_target(value).map_or(Verdict::Ignore, |target| Verdict::Keep("cite", target));
        }
        (Tag::Code | Tag::Pre, "class") => {
            let mut classes = value.split_ascii_whitespace();
            let language = classes.find_map(|class| class.strip_prefix("language-"));
            return language.map_or(Verdict::Ignore, code_class);
        }
        _ => None,
    };
    match keep {
        Some((name, true)) => Verdict::Keep(name, value.to_owned()),
        Some((_, false)) => Verdict::Ignore,
        None if has_no_effect(name) => Verdict::Ignore,
        None => Verdict::LeaveOut(Part::Attribute {
            element: tag.name(),
            name: name.chars().take(40).collect(),
        }),
    }
}

fn has_align(tag: Tag) -> bool {
    tag.level().is_some()
        || matches!(
            tag,
            Tag::Div
                | Tag::P
                | Tag::Table
                | Tag::Thead
                | Tag::Tbody
                | Tag::Tfoot
                | Tag::Tr
                | Tag::Td
                | Tag::Th
                | Tag::Img
        )
}

fn one_of(value: &str, known: &[&'static str]) -> Option<&'static str> {
    let value = if value.eq_ignore_ascii_case("middle") && known.contains(&"center") {
        "center"
    } else {
        value
    };
    known
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(value))
}

/// Attributes of scripts, styles, loading and metadata: what they mean is lost without a trace on the page.
fn has_no_effect(name: &str) -> bool {
    let prefixed = ["aria-", "data-", "item", "xml"];
    prefixed.iter().any(|prefix| name.starts_with(prefix))
        || matches!(
            name,
            "class"
                | "rel"
                | "target"
                | "role"
                | "loading"
                | "decoding"
                | "border"
                | "cellpadding"
                | "cellspacing"
                | "crossorigin"
                | "referrerpolicy"
                | "fetchpriority"
                | "tabindex"
                | "sizes"
                | "srcset"
                | "download"
        )
}

/// Pixels, or a percentage. Browsers ignore the unit of `400px`.
fn length(name: &'static str, value: &str) -> Verdict {
    let value = value.strip_suffix("px").unwrap_or(value).trim_end();
    let digits = value.strip_suffix('%').unwrap_or(value);
    if is_count(digits, 4) {
        Verdict::Keep(name, value.to_owned())
    } else {
        Verdict::Ignore
    }
}

/// The class of code in a language.
fn code_class(language: &str) -> Verdict {
    if is_language_name(language) {
        Verdict::Keep("class", format!("language-{language}"))
    } else {
        Verdict::Ignore
    }
}

fn is_count(value: &str, digits: usize) -> bool {
    (1..=digits).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The shape of a BCP 47 language tag.
pub(crate) fn is_language_tag(value: &str) -> bool {
    let mut parts = value.split('-');
    let first = parts.next().unwrap_or_default();
    let letters = (2..=8).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters
        && value.len() <= 35
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
