//! The second stage: an allow-list, applied to the parsed HTML.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::highlight::is_language_name;
use super::html::COMMENT_REL;
use super::kind::Kind;
use super::links::{image_allowed, link_allowed};
use super::palette::Token;
use super::tidy::{INLINE_TAGS, VOID_TAGS};

/// Elements that a post may contain, in addition to the raw inline tags.
pub(super) const TAGS: [&str; 30] = [
    "a",
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
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "span",
    "strong",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "wbr",
    "img",
];

/// Elements that a comment may not contain: its headings start at h4, and images can be trackers.
pub(super) const NOT_IN_COMMENTS: [&str; 3] = ["h2", "h3", "img"];

/// Classes in addition to those of highlighted code and `language-…`.
const CLASSES: [&str; 6] = [
    "anchor",
    "footnote-backref",
    "footnote-ref",
    "footnotes",
    "plain",
    "task-list-item",
];

/// The prefixes of ids in a body. Names of DOM properties contain no hyphens, so none can be shadowed.
const ID_PREFIXES: [&str; 3] = ["h-", "fn-", "fnref-"];

/// Attributes by element. Their values are checked in [`attribute`].
pub(super) const ATTRIBUTES: [(&str, &[&str]); 17] = [
    ("a", &["aria-label", "class", "href", "id", "rel", "title"]),
    ("code", &["class"]),
    ("h2", &["id"]),
    ("h3", &["id"]),
    ("h4", &["id"]),
    ("h5", &["id"]),
    ("h6", &["id"]),
    ("img", &["alt", "decoding", "loading", "src", "title"]),
    ("input", &["aria-label", "checked", "disabled", "type"]),
    ("li", &["class", "id"]),
    ("ol", &["start"]),
    ("pre", &["class"]),
    ("section", &["class"]),
    ("span", &["class"]),
    ("sup", &["class"]),
    ("td", &["align"]),
    ("th", &["align"]),
];

static POST: LazyLock<Builder<'static>> = LazyLock::new(|| builder(Kind::Post));
static COMMENT: LazyLock<Builder<'static>> = LazyLock::new(|| builder(Kind::Comment));

/// Removes every element, attribute and URL that is not on the list.
pub(super) fn sanitize(html: &str, kind: Kind) -> String {
    let builder = match kind {
        Kind::Post => &POST,
        Kind::Comment => &COMMENT,
    };
    builder.clean(html).to_string()
}

fn builder(kind: Kind) -> Builder<'static> {
    let allowed = |tag: &&str| kind == Kind::Post || !NOT_IN_COMMENTS.contains(tag);
    let tags: HashSet<&str> = TAGS
        .into_iter()
        .chain(INLINE_TAGS)
        .chain(VOID_TAGS)
        .filter(allowed)
        .collect();
    let attributes: HashMap<&str, HashSet<&str>> = ATTRIBUTES
        .into_iter()
        .filter(|(tag, _)| allowed(tag))
        .map(|(tag, names)| (tag, names.iter().copied().collect()))
        .collect();
    let mut builder = Builder::empty();
    builder
        .tags(tags)
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .attribute_filter(move |_, name, value| attribute(name, value, kind));
    // The input has both already, in this order; ammonia would add them in a random one.
    if kind == Kind::Post {
        builder
            .set_tag_attribute_value("img", "loading", "lazy")
            .set_tag_attribute_value("img", "decoding", "async");
    }
    builder
}

/// The permitted part of an attribute's value. `None` removes the attribute.
pub(super) fn attribute<'v>(name: &str, value: &'v str, kind: Kind) -> Option<Cow<'v, str>> {
    let keep = match name {
        "class" => return classes(value),
        "id" => is_id(value, kind),
        "href" => link_allowed(value),
        "src" => image_allowed(value),
        "rel" => kind == Kind::Comment && value == COMMENT_REL,
        "align" => matches!(value, "left" | "center" | "right"),
        "start" => value.len() <= 9 && value.bytes().all(|c| c.is_ascii_digit()),
        _ => true,
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
    CLASSES.contains(&class)
        || Token::ALL.iter().any(|token| token.ink().class == class)
        || class.strip_prefix("language-").is_some_and(is_language_name)
}

fn is_id(id: &str, kind: Kind) -> bool {
    let ours = ID_PREFIXES.iter().find_map(|prefix| id.strip_prefix(prefix));
    let shape = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || c == '-');
    match kind {
        Kind::Post => ours.is_some_and(shape),
        Kind::Comment => {
            !id.starts_with("h-") && ours.is_some_and(|rest| rest.starts_with('c') && shape(rest))
        }
    }
}
