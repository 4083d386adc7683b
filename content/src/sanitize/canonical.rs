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
    };
    check.all().is_some()
}

struct Check<'h> {
    rest: &'h str,
    audience: Audience,
    open: Vec<&'h str>,
}

impl<'h> Check<'h> {
    /// `None` at the first thing that is not clean.
    fn all(&mut self) -> Option<()> {
        while !self.rest.is_empty() {
            match self.rest.find('<') {
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
        let rows = self
            .open
            .last()
            .and_then(|name| Tag::of(name))
            .is_some_and(Tag::holds_rows);
        (!rows || text.trim().is_empty()).then_some(())
    }

    fn tag(&mut self) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix('/') {
            let (name, rest) = rest.split_once('>')?;
            self.rest = rest;
            return (self.open.pop()? == name).then_some(());
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.place(name)?;
        let own = self.permitted(name)?;
        self.attributes(name, own)?;
        if !matches!(name, "br" | "hr" | "img" | "wbr" | "input") {
            self.open.push(name);
        }
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    /// The attributes of a permitted element.
    fn permitted(&self, name: &str) -> Option<&'static [&'static str]> {
        if MATH.contains(&name) {
            return Some(&MATH_ATTRIBUTES);
        }
        let (_, own) = ELEMENTS.iter().find(|(known, _)| *known == name)?;
        is_permitted(name, self.audience).then_some(*own)
    }

    /// Whether the parser leaves an element where it is written.
    fn place(&self, name: &str) -> Option<()> {
        let inner = self.open.iter().rev().map(|open| Tag::of(open));
        let parent = self.open.last().map(|open| Tag::of(open));
        let in_math = self.open.contains(&"math");
        if name == "input" {
            return (!in_math && !parent.flatten().is_some_and(Tag::holds_rows)).then_some(());
        }
        let tag = Tag::of(name)?;
        // MathML holds nothing else and is nowhere else.
        if in_math || tag.is_math() {
            let fits = if in_math {
                tag.is_math() && tag != Tag::Math
            } else {
                tag == Tag::Math
            };
            let rows = parent.flatten().is_some_and(Tag::holds_rows);
            return (fits && !rows).then_some(());
        }
        let parent = parent.flatten();
        let parents = match tag {
            Tag::Tr => &[Tag::Tbody, Tag::Thead, Tag::Tfoot],
            tag => tag.parents(),
        };
        let placed = if parents.is_empty() {
            !parent.is_some_and(Tag::holds_rows)
        } else {
            parent.is_some_and(|parent| parents.contains(&parent))
        };
        let mut scope = inner.flatten().take_while(|open| !open.bounds_scope());
        let splits = tag.ends_paragraph() && scope.any(|open| open == Tag::P);
        let nested = (tag == Tag::A && self.open.contains(&"a"))
            || (tag.level().is_some() && parent.is_some_and(|parent| parent.level().is_some()));
        (placed && !splits && !nested).then_some(())
    }

    fn attributes(&mut self, element: &str, own: &[&str]) -> Option<()> {
        let mut seen: Vec<&str> = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            let (name, rest) = self.rest.strip_prefix(' ')?.split_once("=\"")?;
            let (value, rest) = rest.split_once('"')?;
            self.rest = rest;
            escaped(value)?;
            let generic = !MATH.contains(&element) && GENERIC.contains(&name);
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
    let special = |byte: u8| matches!(byte, 0..=8 | 11..=31 | b'<' | b'>');
    if text.bytes().any(special) {
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
