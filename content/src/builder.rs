//! Builds a tree. Whatever is opened and closed, in whatever order, the tree is balanced, shallow, and of a shape that the
//! parsers of browsers reproduce: no block in a paragraph, no link in a link, no text between the rows of a table.

use crate::{
    report::{LeftOut, Part, Report},
    tag::Tag,
    tree::{Attributes, Item, Mark, Tree},
};

/// Elements nested deeper than this are left out, their text kept. Browsers cut at 512.
const MAX_DEPTH: usize = 100;
/// Raw tags that may be open at once, those of elements that were left out included.
const MAX_OPEN: usize = 300;

/// The handle of an open element of Markdown. Only the handle closes it; raw tags close raw elements alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(u32);

#[derive(Debug)]
enum Kind {
    Element(Tag),
    /// Too deep: not in the tree, but its end tag must close nothing else.
    Omitted(Tag),
    /// A raw element that is removed with its content, once its end tag is found.
    Hidden(&'static str, Mark),
}

#[derive(Debug)]
struct Open {
    handle: Handle,
    kind: Kind,
    raw: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Builder {
    tree: Tree,
    stack: Vec<Open>,
    /// The elements of the stack that are in the tree, with their index in the stack.
    elements: Vec<(Tag, usize)>,
    handles: u32,
    links: usize,
    pub(crate) line: u32,
    report: Report,
}

impl Builder {
    pub(crate) fn finish(mut self) -> (Tree, Vec<LeftOut>) {
        self.close_all();
        (self.tree, self.report.finish())
    }

    /// Reports a part that is left out, unless it is inside another one.
    pub(crate) fn report(&mut self, part: Part) {
        let hidden = |open: &Open| matches!(open.kind, Kind::Hidden(..));
        if !self.stack.iter().any(hidden) {
            self.report.add(self.line, part);
        }
    }

    /// Opens an element of Markdown. `None` if it does not fit: its content then becomes part of the parent.
    pub(crate) fn open(&mut self, tag: Tag) -> Option<Handle> {
        self.open_with(tag, [])
    }

    pub(crate) fn open_with(
        &mut self,
        tag: Tag,
        attributes: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Option<Handle> {
        self.open_element(tag, attributes, false)
    }

    /// Opens an element of a raw tag.
    pub(crate) fn open_raw(
        &mut self,
        tag: Tag,
        attributes: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        if self.open_element(tag, attributes, true).is_none() {
            self.report(Part::Misplaced(tag.name()));
        }
    }

    /// Opens a raw element that is removed with its content.
    pub(crate) fn hide(&mut self, name: &'static str) {
        if self.stack.len() < MAX_OPEN {
            let mark = self.tree.mark();
            self.push(Kind::Hidden(name, mark), true);
        }
    }

    fn open_element(
        &mut self,
        tag: Tag,
        attributes: impl IntoIterator<Item = (&'static str, String)>,
        raw: bool,
    ) -> Option<Handle> {
        if tag == Tag::A && self.links > 0 {
            return None;
        }
        let around = if raw { self.around(tag) } else { Vec::new() };
        if !self.make_room(tag) {
            return None;
        }
        if self.elements.len() >= MAX_DEPTH {
            let pushed = raw && self.stack.len() < MAX_OPEN;
            return pushed.then(|| self.push(Kind::Omitted(tag), true));
        }
        let attributes = self.tree.add_attributes(attributes);
        let handle = self.enter(tag, attributes, raw);
        for (tag, attributes) in around {
            self.enter(tag, attributes, true);
        }
        Some(handle)
    }

    /// The links and emphasis that a paragraph ends with because a raw block begins, as in `<a href="/x"><h2>y</h2></a>`: as
    /// parsers do, they go on inside the block. A paragraph that has nothing else is removed.
    fn around(&mut self, tag: Tag) -> Vec<(Tag, Attributes)> {
        let paragraph = self.elements.iter().rposition(|(open, _)| *open == Tag::P);
        let Some(paragraph) = paragraph.filter(|_| tag.holds_text() && tag.ends_paragraph()) else {
            return Vec::new();
        };
        let inside = self.elements.len() - paragraph;
        let formats = |(open, at): &(Tag, usize)| open.formats() && self.stack[*at].raw;
        let last = self.tree.items.len().checked_sub(inside);
        let opened = last
            .and_then(|last| self.tree.items.get(last..))
            .unwrap_or_default();
        let mut around = Vec::new();
        for item in opened.iter().skip(1) {
            if let Item::Open(open, attributes) = *item {
                around.push((open, attributes));
            }
        }
        // Nothing stands between the start of the paragraph and this block.
        let bare = matches!(opened.first(), Some(Item::Open(Tag::P, _)))
            && around.len() + 1 == inside
            && self.stack.len() - self.elements[paragraph].1 == inside
            && self.elements[paragraph + 1..].iter().all(formats);
        if !bare {
            return Vec::new();
        }
        let at = self.elements[paragraph].1;
        for open in self.stack.drain(at..) {
            if let Kind::Element(Tag::A) = open.kind {
                self.links -= 1;
            }
        }
        self.elements.truncate(paragraph);
        self.tree.items.truncate(self.tree.items.len() - inside);
        around
    }

    fn enter(&mut self, tag: Tag, attributes: Attributes, raw: bool) -> Handle {
        self.tree.items.push(Item::Open(tag, attributes));
        self.elements.push((tag, self.stack.len()));
        self.links += usize::from(tag == Tag::A);
        self.push(Kind::Element(tag), raw)
    }

    fn push(&mut self, kind: Kind, raw: bool) -> Handle {
        self.handles += 1;
        let handle = Handle(self.handles);
        self.stack.push(Open { handle, kind, raw });
        handle
    }

    /// Closes the element and all that is still open in it. Nothing if it has been closed already.
    pub(crate) fn close(&mut self, handle: Option<Handle>) {
        let Some(handle) = handle else { return };
        if let Ok(at) = self.stack.binary_search_by_key(&handle.0, |open| open.handle.0) {
            self.close_down_to(at);
        }
    }

    /// Closes everything.
    pub(crate) fn close_all(&mut self) {
        self.close_down_to(0);
    }

    /// Closes the innermost raw element of this name, unless an element of Markdown is open inside it.
    pub(crate) fn close_raw(&mut self, name: &str) {
        let tag = Tag::of_author(name);
        let named = |kind: &Kind| match kind {
            Kind::Element(open) | Kind::Omitted(open) => Some(*open) == tag,
            Kind::Hidden(open, _) => *open == name,
        };
        let raw = self
            .stack
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, open)| open.raw);
        let found = raw
            .into_iter()
            .find(|(_, open)| named(&open.kind))
            .map(|(at, _)| at);
        if let Some(at) = found {
            let mark = match self.stack[at].kind {
                Kind::Hidden(_, mark) => Some(mark),
                _ => None,
            };
            self.close_down_to(at);
            if let Some(mark) = mark {
                self.tree.cut(mark);
            }
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            if let Some(Open {
                kind: Kind::Element(tag),
                ..
            }) = self.stack.pop()
            {
                self.elements.pop();
                self.links -= usize::from(tag == Tag::A);
                self.tree.items.push(Item::Close(tag));
            }
        }
    }

    fn parent(&self) -> Option<Tag> {
        self.elements.last().map(|(tag, _)| *tag)
    }

    /// Closes and opens what HTML requires before `tag`. `false` if the element has no place here.
    fn make_room(&mut self, tag: Tag) -> bool {
        if tag.is_math() {
            return !self.parent().is_some_and(Tag::is_math_token);
        }
        if !tag.parents().is_empty() {
            return self.find_parent(tag);
        }
        self.make_cell();
        if tag.ends_paragraph() {
            let scope = self.elements.iter().rev();
            let mut scope = scope.take_while(|(open, _)| !open.bounds_scope());
            if let Some((_, at)) = scope.find(|(open, _)| *open == Tag::P) {
                let at = *at;
                self.close_down_to(at);
            }
        }
        tag.level().is_none() || self.end_heading()
    }

    /// Closes the heading that is open, for headings are not nested. `false` if a table separates it from here.
    fn end_heading(&mut self) -> bool {
        let Some(found) = self.elements.iter().rposition(|(open, _)| open.level().is_some()) else {
            return true;
        };
        if self.elements[found..].iter().any(|(open, _)| open.bounds_scope()) {
            return false;
        }
        self.close_down_to(self.elements[found].1);
        true
    }

    /// Finds the element that `tag` must be a child of, among the raw elements inside the current one of Markdown.
    fn find_parent(&mut self, tag: Tag) -> bool {
        let missing = tag.missing_parent();
        let mut found = None;
        for (open, at) in self.elements.iter().rev() {
            let fits = tag.parents().contains(open);
            let nearly = missing.is_some_and(|missing| {
                missing.parents().contains(open)
                    || (tag.missing_parent() == Some(Tag::Tr) && *open == Tag::Table)
            });
            if fits || nearly {
                found = Some((fits, *at));
                break;
            }
            if *open == Tag::Table || !self.stack[*at].raw {
                break;
            }
        }
        let Some((fits, at)) = found else { return false };
        self.close_down_to(at + 1);
        if !fits && let Some(missing) = missing {
            if !self.find_parent(missing) || self.elements.len() >= MAX_DEPTH {
                return false;
            }
            let raw = self.stack[at].raw;
            self.enter(missing, Attributes::default(), raw);
        }
        true
    }

    /// Opens a cell if the next content would stand between the rows of a table.
    fn make_cell(&mut self) {
        if self.parent().is_some_and(Tag::holds_rows) && self.find_parent(Tag::Td) {
            self.enter(Tag::Td, Attributes::default(), true);
        }
    }

    pub(crate) fn void(&mut self, tag: Tag, attributes: impl IntoIterator<Item = (&'static str, String)>) {
        if self.make_room(tag) {
            let attributes = self.tree.add_attributes(attributes);
            self.tree.items.push(Item::Open(tag, attributes));
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) && text.trim().is_empty() && self.is_between_blocks() {
            return;
        }
        self.make_cell();
        self.tree.push_text(text, self.line);
    }

    /// Whether blanks here show nothing.
    fn is_between_blocks(&self) -> bool {
        let after = match self.tree.items.last() {
            Some(Item::Open(tag, _)) => *tag != Tag::Pre && tag.is_block(),
            Some(Item::Close(tag)) => tag.is_block(),
            Some(Item::Code(..) | Item::Footnote { .. }) | None => true,
            Some(_) => false,
        };
        let preserved = self.elements.iter().any(|(tag, _)| *tag == Tag::Pre);
        self.parent().is_some_and(Tag::holds_rows) || (after && !preserved)
    }

    /// Separates a block without an element from the text before it.
    pub(crate) fn line_break_between(&mut self, follows: bool) {
        if follows
            && matches!(
                self.tree.items.last(),
                Some(Item::Text(_) | Item::Close(_) | Item::Open(Tag::Img, _))
            )
        {
            self.text("\n");
        }
    }

    pub(crate) fn code(&mut self, language: &str, literal: &str) {
        if self.make_room(Tag::Pre) {
            let language = self.tree.add_text(language, self.line);
            let literal = self.tree.add_text(literal, self.line);
            self.tree.items.push(Item::Code(language, literal));
        }
    }

    pub(crate) fn formula(&mut self, source: &str) {
        self.make_cell();
        let source = self.tree.add_text(source, self.line);
        self.tree.items.push(Item::Formula(source));
    }

    pub(crate) fn task(&mut self, done: bool) {
        self.make_cell();
        self.tree.items.push(Item::Task { done });
    }

    /// A reference to a footnote; inside a link only its number.
    pub(crate) fn note(&mut self, number: u32, nth: u32) {
        self.make_cell();
        if self.links == 0 {
            self.tree.items.push(Item::Note { number, nth });
        } else if let Some(handle) = self.open(Tag::Sup) {
            self.text(&number.to_string());
            self.close(Some(handle));
        }
    }

    /// Opens the list item of a footnote.
    pub(crate) fn footnote(&mut self, number: u32) -> Option<Handle> {
        if self.parent() != Some(Tag::Ol) {
            return None;
        }
        let handle = self.enter(Tag::Li, Attributes::default(), false);
        if let Some(open) = self.tree.items.last_mut() {
            *open = Item::Footnote { number };
        }
        Some(handle)
    }

    /// Adds the links from a footnote, after what raw tags and links have left open there.
    pub(crate) fn back(&mut self, number: u32, references: u32) {
        let markdown = self.stack.iter().rposition(|open| !open.raw);
        self.close_down_to(markdown.map_or(0, |at| at + 1));
        if let Some((_, at)) = self.elements.iter().find(|(tag, _)| *tag == Tag::A) {
            let at = *at;
            self.close_down_to(at);
        }
        self.tree.items.push(Item::Back { number, references });
    }
}
