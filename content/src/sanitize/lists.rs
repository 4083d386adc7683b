//! What the second wall lets through.

use std::borrow::Cow;

use crate::{highlight::is_language_name, palette::Token};

/// Whose text it is, by where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A post.
    Post,
    /// A comment: no images, headings from h4.
    Comment,
}

/// Elements, in the order of the alphabet, with the attributes that they may have. The values are checked in [`attribute`].
pub(super) const ELEMENTS: [(&str, &[&str]); 64] = [
    ("a", &["aria-label", "class", "href", "id", "rel"]),
    ("abbr", &[]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("blockquote", &["cite"]),
    ("br", &["clear"]),
    ("caption", &["align"]),
    ("cite", &[]),
    ("code", &["class"]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("dfn", &[]),
    ("div", &["align", "class"]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h2", &["align"]),
    ("h3", &["align"]),
    ("h4", &["align"]),
    ("h5", &["align"]),
    ("h6", &["align"]),
    ("hr", &[]),
    ("i", &[]),
    (
        "img",
        &[
            "align", "alt", "decoding", "height", "hspace", "loading", "src", "vspace", "width",
        ],
    ),
    ("input", &["aria-label", "checked", "disabled", "type"]),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &["class", "value"]),
    ("mark", &[]),
    ("math", &["display"]),
    ("ol", &["reversed", "start", "type"]),
    ("p", &["align", "class"]),
    ("pre", &["class"]),
    ("q", &["cite"]),
    ("rp", &[]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("section", &["class"]),
    ("small", &[]),
    ("span", &["class"]),
    ("strike", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &["class"]),
    ("table", &["align", "border", "width"]),
    ("tbody", &["align"]),
    (
        "td",
        &[
            "align", "colspan", "height", "nowrap", "rowspan", "valign", "width",
        ],
    ),
    ("tfoot", &["align"]),
    (
        "th",
        &[
            "align", "colspan", "height", "nowrap", "rowspan", "scope", "valign", "width",
        ],
    ),
    ("thead", &["align"]),
    ("time", &["datetime"]),
    ("tr", &["align"]),
    ("tt", &[]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    ("wbr", &[]),
];

/// Attributes of all elements of HTML.
pub(super) const GENERIC: [&str; 4] = ["dir", "id", "lang", "title"];

/// Elements of MathML Core that show, inside `math`.
pub(super) const MATH: [&str; 25] = [
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
pub(super) const MATH_ATTRIBUTES: [&str; 25] = [
    "accent",
    "accentunder",
    "class",
    "columnalign",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rowspan",
    "rspace",
    "scriptlevel",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
];

/// Elements that a comment may not contain: its headings start at h4, and images can be trackers.
const NOT_IN_COMMENTS: [&str; 3] = ["h2", "h3", "img"];

/// Classes in addition to those of highlighted code and `language-…`.
const CLASSES: [&str; 14] = [
    "anchor",
    "footnote-backref",
    "footnote-ref",
    "footnotes",
    "markdown-alert",
    "markdown-alert-caution",
    "markdown-alert-important",
    "markdown-alert-note",
    "markdown-alert-tip",
    "markdown-alert-title",
    "markdown-alert-warning",
    "math-left",
    "math-right",
    "plain",
];
const TASK: &str = "task-list-item";

/// The prefixes of ids in a body. Names of DOM properties contain no hyphens, so none can be shadowed.
const ID_PREFIXES: [&str; 3] = ["h-", "fn-", "fnref-"];

pub(super) const SCHEMES: [&str; 7] = ["http", "https", "irc", "ircs", "mailto", "tel", "xmpp"];

/// The `rel` of links that the site does not endorse.
const REL: &str = "nofollow ugc noopener";

pub(super) fn is_permitted(element: &str, audience: Audience) -> bool {
    audience == Audience::Post || !NOT_IN_COMMENTS.contains(&element)
}

/// The permitted part of an attribute's value. `None` removes the attribute.
pub(super) fn attribute<'v>(
    element: &str,
    name: &str,
    value: &'v str,
    audience: Audience,
) -> Option<Cow<'v, str>> {
    let number =
        |digits: usize| (1..=digits).contains(&value.len()) && value.bytes().all(|c| c.is_ascii_digit());
    let keep = match name {
        "class" => return classes(value),
        "id" => is_id(value, audience),
        "href" | "cite" => is_link(value),
        "src" => is_image(value),
        "rel" => audience == Audience::Comment && value == REL,
        "align" => matches!(value, "left" | "center" | "right" | "justify"),
        "valign" => matches!(value, "top" | "middle" | "bottom" | "baseline"),
        "dir" => matches!(value, "ltr" | "rtl" | "auto"),
        "lang" => value.len() <= 35 && value.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'),
        "loading" => value == "lazy",
        "decoding" => value == "async",
        "scope" => matches!(value, "row" | "col" | "rowgroup" | "colgroup"),
        "type" => value == "checkbox" || matches!(value, "1" | "a" | "A" | "i" | "I"),
        "start" | "value" => number(9),
        "colspan" => number(3),
        "clear" => matches!(value, "left" | "right" | "all"),
        "border" => number(2),
        "checked" | "disabled" | "nowrap" | "open" | "reversed" => value.is_empty(),
        "title" | "alt" | "aria-label" | "datetime" => true,
        "hspace" | "vspace" => number(4),
        "width" | "height" if matches!(element, "img" | "table" | "td" | "th") => {
            let digits = value.strip_suffix('%').unwrap_or(value);
            (1..=4).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit())
        }
        "rowspan" if matches!(element, "td" | "th") => number(3),
        _ => {
            let shape = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+' | b'%');
            MATH_ATTRIBUTES.contains(&name) && value.len() <= 24 && value.bytes().all(shape)
        }
    };
    keep.then_some(Cow::Borrowed(value))
}

fn classes(value: &str) -> Option<Cow<'_, str>> {
    if value.split(' ').all(is_class) {
        return Some(Cow::Borrowed(value));
    }
    let kept: Vec<_> = value
        .split_ascii_whitespace()
        .filter(|class| is_class(class))
        .collect();
    (!kept.is_empty()).then(|| Cow::Owned(kept.join(" ")))
}

fn is_class(class: &str) -> bool {
    class == TASK
        || CLASSES.contains(&class)
        || Token::ALL.iter().any(|token| token.ink().class == class)
        || class.strip_prefix("language-").is_some_and(is_language_name)
}

fn is_id(id: &str, audience: Audience) -> bool {
    let ours = ID_PREFIXES.iter().find_map(|prefix| id.strip_prefix(prefix));
    let shape = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || c == '-');
    match audience {
        Audience::Post => ours.is_some_and(shape),
        Audience::Comment => {
            !id.starts_with("h-") && ours.is_some_and(|rest| rest.starts_with('c') && shape(rest))
        }
    }
}

/// The scheme of a URL, in lower case. Browsers drop control characters and blanks at the start, and tabs and line breaks
/// anywhere; what has any of these is not a URL that this library writes.
fn scheme(url: &str) -> Result<Option<String>, ()> {
    if url.bytes().any(|byte| byte <= b' ' || byte == 0x7F) {
        return Err(());
    }
    let Some((name, _)) = url.split_once(':') else {
        return Ok(None);
    };
    // Anything else before a colon makes it part of a path.
    let mut letters = name.bytes();
    let named = letters.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    Ok(named.then(|| name.to_ascii_lowercase()))
}

fn is_link(url: &str) -> bool {
    scheme(url).is_ok_and(|scheme| scheme.is_none_or(|scheme| SCHEMES.contains(&scheme.as_str())))
}

/// https, or a path on this site.
fn is_image(url: &str) -> bool {
    match scheme(url) {
        Ok(Some(scheme)) => scheme == "https",
        Ok(None) => !url.is_empty() && !matches!(url.as_bytes(), [b'/' | b'\\', b'/' | b'\\', ..]),
        Err(()) => false,
    }
}
