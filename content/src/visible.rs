//! The text as a reader sees it, and the links that a reader can follow.

use std::ops::Range;

use crate::{
    tag::Tag,
    tree::{Item, Tree},
};

/// What a reader sees of a document, without its markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// The text: blocks and cells on lines of their own, descriptions of images in their places, code included.
    pub text: String,
    /// Links and images, in document order.
    pub links: Vec<Link>,
    /// The parts of the text that are code.
    pub code: Vec<Range<usize>>,
    /// Texts that show on demand: titles of links, images and abbreviations.
    pub titles: Vec<String>,
    /// The start of each piece of the text with its line in the source, from 1.
    pub lines: Vec<(usize, u32)>,
}

/// A link or image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads, as the page has it.
    pub url: String,
    /// Its text, or the description of the image.
    pub text: Range<usize>,
    /// Which of the two it is.
    pub kind: LinkKind,
}

/// Whether a reader follows an address, or the browser loads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A link.
    Link,
    /// An image.
    Image,
}

impl Visible {
    /// The line of the source, from 1, that holds a byte of the text.
    pub fn line(&self, at: usize) -> u32 {
        let next = self.lines.partition_point(|(start, _)| *start <= at);
        let piece = next.checked_sub(1).and_then(|index| self.lines.get(index));
        piece.map_or(1, |(_, line)| *line)
    }
}

pub(crate) fn visible(tree: &Tree) -> Visible {
    let mut reader = Reader {
        tree,
        visible: Visible::default(),
        open: Vec::new(),
        code: Vec::new(),
    };
    for item in &tree.items {
        reader.item(*item);
    }
    let visible = &mut reader.visible;
    visible.text.truncate(visible.text.trim_end().len());
    let end = visible.text.len();
    let clamp = |range: &mut Range<usize>| *range = range.start.min(end)..range.end.min(end);
    visible.links.iter_mut().for_each(|link| clamp(&mut link.text));
    visible.code.iter_mut().for_each(clamp);
    reader.visible
}

/// The text of some items on one line, without superscript numbers of footnotes.
pub(crate) fn text_of(tree: &Tree, items: Range<usize>) -> String {
    let mut text = String::new();
    for item in tree.items.get(items).unwrap_or_default() {
        match *item {
            Item::Text(span) => text.push_str(tree.get(span)),
            Item::Open(Tag::Img, attributes) => {
                text.push_str(tree.attribute(attributes, "alt").unwrap_or_default())
            }
            Item::Open(Tag::Br, _) => text.push(' '),
            Item::Close(tag) if tag.is_block() => text.push(' '),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'t> {
    tree: &'t Tree,
    visible: Visible,
    /// The links that are not closed yet.
    open: Vec<usize>,
    code: Vec<usize>,
}

impl Reader<'_> {
    fn item(&mut self, item: Item) {
        match item {
            Item::Text(span) => self.push(span.start(), self.tree.get(span)),
            Item::Code(_, literal) => {
                self.block();
                let start = self.visible.text.len();
                self.push(literal.start(), self.tree.get(literal));
                self.visible.code.push(start..self.visible.text.len());
                self.block();
            }
            Item::Open(tag, attributes) => {
                if let Some(title) = self.tree.attribute(attributes, "title") {
                    self.visible.titles.push(title.to_owned());
                }
                match tag {
                    Tag::Img => self.image(attributes),
                    Tag::A => self.link(attributes),
                    Tag::Code => self.code.push(self.visible.text.len()),
                    Tag::Br | Tag::Hr => self.block(),
                    tag if tag.is_block() => self.block(),
                    _ => {}
                }
            }
            Item::Close(Tag::A) => {
                let end = self.visible.text.len();
                if let Some(link) = self.open.pop().and_then(|at| self.visible.links.get_mut(at)) {
                    link.text.end = end;
                }
            }
            Item::Close(Tag::Code) => {
                if let Some(start) = self.code.pop() {
                    self.visible.code.push(start..self.visible.text.len());
                }
            }
            Item::Close(tag) if tag.is_block() => self.block(),
            Item::Footnote { .. } => self.block(),
            _ => {}
        }
    }

    fn link(&mut self, attributes: crate::tree::Attributes) {
        let at = self.visible.text.len();
        self.open.push(self.visible.links.len());
        self.visible.links.push(Link {
            url: self
                .tree
                .attribute(attributes, "href")
                .unwrap_or_default()
                .to_owned(),
            text: at..at,
            kind: LinkKind::Link,
        });
    }

    fn image(&mut self, attributes: crate::tree::Attributes) {
        let start = self.visible.text.len();
        let alt = self.tree.attribute(attributes, "alt").unwrap_or_default();
        self.visible.text.push_str(alt);
        self.visible.links.push(Link {
            url: self
                .tree
                .attribute(attributes, "src")
                .unwrap_or_default()
                .to_owned(),
            text: start..self.visible.text.len(),
            kind: LinkKind::Image,
        });
    }

    fn push(&mut self, start: usize, text: &str) {
        let lines = &self.tree.lines;
        let next = lines.partition_point(|(piece, _)| *piece as usize <= start);
        let mut at = self.visible.text.len();
        if let Some((_, line)) = next.checked_sub(1).and_then(|index| lines.get(index)) {
            self.visible.lines.push((at, *line));
        }
        // A piece may span several lines of the source.
        let later = lines.iter().skip(next);
        for (piece, line) in later.take_while(|(piece, _)| (*piece as usize) < start + text.len()) {
            at = self.visible.text.len() + (*piece as usize - start);
            self.visible.lines.push((at, *line));
        }
        self.visible.text.push_str(text);
    }

    /// Ends the line.
    fn block(&mut self) {
        let text = &mut self.visible.text;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }
}
