//! The safe tree: a balanced sequence of items over one buffer of text.
//!
//! Elements are [`Tag`]s, attribute names are literals of this crate, values have been checked before they get here; so the
//! type can hold no script, handler or URL that runs.

use std::{borrow::Cow, ops::Range};

use crate::tag::Tag;

/// A part of [`Tree::text`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }
}

/// A part of [`Tree::attributes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A void element has no [`Item::Close`].
    Open(Tag, Attributes),
    Close(Tag),
    Text(Span),
    /// A block of code; the language, if it has one, and the text.
    Code(Span, Span),
    /// The source of the formula that follows as an element `math`.
    Formula(Span),
    /// The box of a task list.
    Task {
        done: bool,
    },
    /// The nth reference to a footnote.
    Note {
        number: u32,
        nth: u32,
    },
    /// The links from a footnote back to its references.
    Back {
        number: u32,
        references: u32,
    },
    /// Starts the list item of a footnote, which [`Tag::Li`] closes.
    Footnote {
        number: u32,
    },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) items: Vec<Item>,
    pub(crate) text: String,
    attributes: Vec<(&'static str, String)>,
    /// The start of each piece of the text with its line in the source.
    pub(crate) lines: Vec<(u32, u32)>,
}

/// Where a tree may be cut off again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    items: usize,
    text: usize,
    attributes: usize,
}

impl Tree {
    pub(crate) fn get(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    pub(crate) fn attributes(&self, of: Attributes) -> &[(&'static str, String)] {
        self.attributes
            .get(of.start as usize..of.end as usize)
            .unwrap_or_default()
    }

    pub(crate) fn attribute(&self, of: Attributes, name: &str) -> Option<&str> {
        let mut all = self.attributes(of).iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of one attribute, to be changed in place.
    pub(crate) fn values_mut(&mut self, name: &'static str) -> impl Iterator<Item = &mut String> {
        let all = self.attributes.iter_mut();
        all.filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn add_attributes(
        &mut self,
        attributes: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Attributes {
        let start = self.attributes.len();
        for (name, value) in attributes {
            let value = match printable(&value) {
                Cow::Owned(printable) => printable,
                Cow::Borrowed(_) => value,
            };
            self.attributes.push((name, value));
        }
        let Range { start, end } = range(start, self.attributes.len());
        Attributes { start, end }
    }

    /// Adds text that is part of no item yet.
    pub(crate) fn add_text(&mut self, text: &str, line: u32) -> Span {
        let start = self.text.len();
        self.text.push_str(&printable(text));
        let Range { start, end } = range(start, self.text.len());
        if self.lines.last().is_none_or(|(_, last)| *last != line) {
            self.lines.push((start, line));
        }
        Span { start, end }
    }

    /// Adds a text item, or extends the last one.
    pub(crate) fn push_text(&mut self, text: &str, line: u32) {
        let span = self.add_text(text, line);
        if let Some(Item::Text(last)) = self.items.last_mut()
            && last.end == span.start
        {
            last.end = span.end;
        } else if span.start < span.end {
            self.items.push(Item::Text(span));
        }
    }

    /// Bytes in use.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        let attribute = |(_, value): &(&str, String)| size_of::<(&str, String)>() + value.len();
        size_of::<Item>() * self.items.len()
            + size_of::<(u32, u32)>() * self.lines.len()
            + self.text.len()
            + self.attributes.iter().map(attribute).sum::<usize>()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            items: self.items.len(),
            text: self.text.len(),
            attributes: self.attributes.len(),
        }
    }

    pub(crate) fn cut(&mut self, mark: Mark) {
        self.items.truncate(mark.items);
        self.text.truncate(mark.text);
        self.attributes.truncate(mark.attributes);
        while self
            .lines
            .last()
            .is_some_and(|(start, _)| *start as usize >= mark.text)
        {
            self.lines.pop();
        }
        // A text item before the mark may have been extended.
        if let Some(Item::Text(last)) = self.items.last_mut() {
            last.end = last.end.min(range(0, mark.text).end);
        }
    }
}

/// Sources are bounded far below 4 GiB.
fn range(start: usize, end: usize) -> Range<u32> {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    narrow(start)..narrow(end)
}

/// Stands for a dollar that must not begin a formula, between the parser and the tree. As a control character it is not in
/// any source.
pub(crate) const DOLLAR: char = '\u{1}';

/// Control characters, non-characters and byte order marks: they are invisible, XML feeds may not contain them, and parsers
/// remove some.
pub(crate) fn is_unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether a text has a byte that an unprintable character begins with. Without branches, so many bytes at a time.
pub(crate) fn may_be_unprintable(text: &str) -> bool {
    let suspect =
        |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || matches!(byte, 127 | 0xC2 | 0xEF);
    let mut pieces = text.as_bytes().chunks(256);
    pieces.any(|piece| piece.iter().fold(false, |found, byte| found | suspect(*byte)))
}

/// A text without unprintable characters.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if may_be_unprintable(text) && text.contains(is_unprintable) {
        let dollars = text.chars().map(|c| if c == DOLLAR { '$' } else { c });
        Cow::Owned(dollars.filter(|c| !is_unprintable(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}
