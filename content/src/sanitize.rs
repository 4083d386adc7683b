//! The second wall: an allow-list, applied to the HTML.
//!
//! It knows nothing of the tree and trusts nothing of it; its lists are its own. HTML that is written as the first wall writes
//! it (balanced, quoted, escaped) is verified in one pass; whatever is not, in a single place, is parsed and cleaned by
//! ammonia, which costs ten times as much.

mod canonical;
mod lists;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

pub use lists::Audience;
use lists::{ELEMENTS, GENERIC, SCHEMES, attribute, is_permitted};

static POST: LazyLock<Builder<'static>> = LazyLock::new(|| builder(Audience::Post));
static COMMENT: LazyLock<Builder<'static>> = LazyLock::new(|| builder(Audience::Comment));

/// Removes every element, attribute and URL that is not on the list.
pub fn sanitize(html: &str, audience: Audience) -> String {
    sanitize_owned(html.to_owned(), audience)
}

pub(crate) fn sanitize_owned(html: String, audience: Audience) -> String {
    if is_canonical(&html, audience) {
        return html;
    }
    clean(&html, audience)
}

/// Whether everything is permitted and parsing would change nothing.
#[doc(hidden)]
pub fn is_canonical(html: &str, audience: Audience) -> bool {
    canonical::is_clean(html, audience)
}

/// As [`sanitize`], always by parsing.
pub(crate) fn clean(html: &str, audience: Audience) -> String {
    let builder = match audience {
        Audience::Post => &POST,
        Audience::Comment => &COMMENT,
    };
    // From character references. The next parser would read them as newlines.
    builder.clean(html).to_string().replace('\r', "\n")
}

/// Formulas pass in canonical form alone: what a parser makes of MathML depends on what it makes of all around it, and may
/// be something else when it is parsed again. Others are removed.
fn builder(audience: Audience) -> Builder<'static> {
    let elements = ELEMENTS
        .into_iter()
        .filter(|(name, _)| *name != "math" && is_permitted(name, audience));
    let mut tags: HashSet<&str> = HashSet::new();
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (name, own) in elements {
        tags.insert(name);
        attributes.insert(name, own.iter().copied().collect());
    }
    let mut builder = Builder::empty();
    builder
        .tags(tags)
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(GENERIC))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .attribute_filter(move |element, name, value| attribute(element, name, value, audience));
    builder
}
