//! What a reader sees of a text: its fields one after the other, each read on its own, so that a title cannot change how
//! the body is read.

use std::ops::Range;

use content::{Document, LinkKind};
use percent_encoding::percent_decode_str;

/// A field of a text, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    Plain(&'a str),
    Markdown(&'a str),
    /// The address of an image.
    Image(&'a str),
}

/// A text as a reader sees it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The visible text, code included; then, each on its own line, titles and destinations of links and images.
    pub(super) text: String,
    /// The length of the visible text.
    pub(super) visible: usize,
    /// The destinations of links and images.
    pub(super) destinations: Vec<(String, LinkKind)>,
    /// The texts of links.
    pub(super) linked: Vec<Range<usize>>,
    /// Code.
    pub(super) code: Vec<Range<usize>>,
    /// The start of each piece of the text with its line in its field.
    lines: Vec<(usize, u32)>,
}

/// Override: the text after it is displayed from right to left.
const REVERSED: char = '\u{202E}';
/// Ends the override.
const REVERSED_END: char = '\u{202C}';

impl Shown {
    pub(super) fn of(fields: &[Field<'_>]) -> Self {
        let (mut shown, mut titles) = (Self::default(), Vec::new());
        for field in fields {
            let document = match *field {
                Field::Plain(text) => Document::plain(text),
                Field::Markdown(text) => Document::markdown(text),
                Field::Image(url) => {
                    shown.destinations.push((url.to_owned(), LinkKind::Image));
                    continue;
                }
            };
            titles.extend(shown.add(document));
        }
        shown.visible = shown.text.len();
        for hidden in titles.iter().chain(shown.destinations.iter().map(|(url, _)| url)) {
            shown.text.push('\n');
            shown
                .text
                .push_str(&percent_decode_str(hidden).decode_utf8_lossy());
        }
        if shown.text.contains(REVERSED) {
            shown.text = in_display_order(&shown.text);
        }
        shown
    }

    /// Adds a field; returns the titles of its links and images.
    fn add(&mut self, document: Document) -> Vec<String> {
        let field = document.visible();
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let start = self.text.len();
        let moved = |range: Range<usize>| start + range.start..start + range.end;
        self.text.push_str(&field.text);
        self.code.extend(field.code.into_iter().map(moved));
        let lines = field.lines.into_iter();
        self.lines.extend(lines.map(|(at, line)| (start + at, line)));
        for link in field.links {
            self.linked.push(moved(link.text));
            self.destinations.push((link.url, link.kind));
        }
        field.titles
    }

    /// The line of the field, from 1, that holds a byte of the text.
    pub(super) fn line(&self, at: usize) -> u32 {
        let next = self.lines.partition_point(|(begin, _)| *begin <= at);
        let piece = next.checked_sub(1).and_then(|index| self.lines.get(index));
        piece.map_or(1, |(_, line)| *line)
    }
}

/// Reverses the text after each override, line by line, up to its end.
fn in_display_order(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let mut parts = line.split(REVERSED);
        shown.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (reversed, rest) = part.split_once(REVERSED_END).unwrap_or((part, ""));
            shown.extend(reversed.chars().rev());
            shown.push_str(rest);
        }
        shown.push_str(end);
    }
    shown
}
