//! Verifies HTML that is written as this library writes it.
//!
//! The form is so narrow that every parser reads it alike: names in lower case, values in double quotes, no character that
//! should be escaped, every element closed in its order and in a place where the parser of HTML leaves it.

use std::borrow::Cow;

use super::lists::{Audience, ELEMENTS, GENERIC, MATH, MATH_ATTRIBUTES, attribute, is_permitted};
use crate::tag::Tag;

/// Browsers cut deeper trees.
const MAX_DEPTH: usize = 250;

/// Whether everything in the HTML is permitted, and it is in canonical form.
pub(super) fn is_clean(html: &str, audience: Audience) -> bool {
    let mut check = Check {
        rest: html,
        audience,
        open: Vec::new(),
        link: false,
        math: false,
    };
    check.all().is_some()
}

struct Check<'h> {
    rest: &'h str,
    audience: Audience,
    open: Vec<(&'h str, Option<Tag>)>,
    /// Whether a link, and a formula, are open.
    link: bool,
    math: bool,
}

impl<'h> Check<'h> {
    /// `None` at the first thing that is not clean.
    fn all(&mut self) -> Option<()> {
        while !self.rest.is_empty() {
            match memchr::memchr(b'<', self.rest.as_bytes()) {
                Some(at) => {
                    let (text, rest) = self.rest.split_at(at);
                    self.text(text)?;
                    self.rest = rest.get(1..)?;
                    self.tag()?;
                }
                None => {
                    self.text(self.rest)?;
                    self.rest = "";
                }
            }
        }
        self.open.is_empty().then_some(())
    }

    fn text(&self, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        escaped(text)?;
        (!self.parent().is_some_and(Tag::holds_rows) || text.trim_ascii().is_empty()).then_some(())
    }

    fn parent(&self) -> Option<Tag> {
        self.open.last().and_then(|(_, tag)| *tag)
    }

    fn tag(&mut self) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix('/') {
            let (name, tag) = self.open.pop()?;
            self.rest = rest.strip_prefix(name)?.strip_prefix('>')?;
            self.link &= tag != Some(Tag::A);
            self.math &= tag != Some(Tag::Math);
            return Some(());
        }
        let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let end = self.rest.bytes().position(|byte| !letter(&byte))?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let tag = Tag::of(name);
        self.place(name, tag)?;
        let (own, math) = self.permitted(name)?;
        self.attributes(name, own, math)?;
        if !matches!(name, "br" | "hr" | "img" | "wbr" | "input") {
            self.open.push((name, tag));
            self.link |= tag == Some(Tag::A);
            self.math |= tag == Some(Tag::Math);
        }
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    /// The attributes of a permitted element, and whether it is one of MathML.
    fn permitted(&self, name: &str) -> Option<(&'static [&'static str], bool)> {
        if name.starts_with('m') && MATH.contains(&name) {
            return Some((&MATH_ATTRIBUTES, true));
        }
        let at = ELEMENTS.binary_search_by_key(&name, |(known, _)| *known).ok()?;
        let (_, own) = ELEMENTS.get(at)?;
        is_permitted(name, self.audience).then_some((*own, false))
    }

    /// Whether the parser leaves an element where it is written.
    fn place(&self, name: &str, tag: Option<Tag>) -> Option<()> {
        let parent = self.parent();
        let in_rows = parent.is_some_and(Tag::holds_rows);
        if name == "input" {
            return (!self.math && !in_rows).then_some(());
        }
        let tag = tag?;
        // MathML holds nothing else and is nowhere else.
        if self.math || tag.is_math() {
            let fits = if self.math {
                // A tag in a token is read as one of HTML.
                tag.is_math() && tag != Tag::Math && !parent.is_some_and(Tag::is_math_token)
            } else {
                tag == Tag::Math
            };
            return (fits && !in_rows).then_some(());
        }
        let parents = match tag {
            Tag::Tr => &[Tag::Tbody, Tag::Thead, Tag::Tfoot],
            tag => tag.parents(),
        };
        let placed = if parents.is_empty() {
            !in_rows
        } else {
            parent.is_some_and(|parent| parents.contains(&parent))
        };
        let inner = self.open.iter().rev().filter_map(|(_, tag)| *tag);
        let mut scope = inner.take_while(|open| !open.bounds_scope());
        let splits = tag.ends_paragraph() && scope.any(|open| open == Tag::P);
        let nested = (tag == Tag::A && self.link)
            || (tag.level().is_some() && parent.is_some_and(|parent| parent.level().is_some()));
        (placed && !splits && !nested).then_some(())
    }

    fn attributes(&mut self, element: &str, own: &[&str], math: bool) -> Option<()> {
        let mut seen: Vec<&str> = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            let rest = self.rest.strip_prefix(' ')?;
            let (name, rest) = rest.split_at(rest.bytes().position(|byte| byte == b'=')?);
            let rest = rest.strip_prefix("=\"")?;
            let (value, rest) = rest.split_at(memchr::memchr(b'"', rest.as_bytes())?);
            self.rest = rest.get(1..)?;
            escaped(value)?;
            let generic = !math && GENERIC.contains(&name);
            if seen.contains(&name) || !(own.contains(&name) || generic) {
                return None;
            }
            let value = unescaped(value);
            if attribute(element, name, &value, self.audience)? != value {
                return None;
            }
            seen.push(name);
        }
        let box_only = element != "input" || (seen.contains(&"type") && seen.contains(&"disabled"));
        box_only.then_some(())
    }
}

const ESCAPES: [(&str, &str); 5] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#x27;", "'"),
];

/// Whether a text has no special characters, but those that are escaped.
fn escaped(text: &str) -> Option<()> {
    // Without branches, so many bytes at a time.
    let special = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == b'<' || byte == b'>';
    let mut pieces = text.as_bytes().chunks(256);
    if pieces.any(|piece| piece.iter().fold(false, |found, byte| found | special(*byte))) {
        return None;
    }
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        rest = rest.get(at..)?;
        let (escape, _) = ESCAPES.iter().find(|(escape, _)| rest.starts_with(escape))?;
        rest = rest.get(escape.len()..)?;
    }
    Some(())
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut plain = value.to_owned();
    // The ampersand last, so that nothing is unescaped twice.
    for (escape, character) in ESCAPES.iter().rev() {
        plain = plain.replace(escape, character);
    }
    Cow::Owned(plain)
}
