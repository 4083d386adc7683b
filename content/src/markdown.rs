//! Markdown to a tree.

mod alerts;
mod dollars;
mod footnotes;

use std::{borrow::Cow, collections::HashMap};

use comrak::{
    Arena, Options,
    arena_tree::NodeEdge,
    nodes::{ListType, Node, NodeLink, NodeList, NodeValue, TableAlignment},
};

use crate::{
    builder::{Builder, Handle},
    math, raw,
    report::Part,
    tag::Tag,
    url::{image_source, link_target},
};

/// How often a text is parsed at most, until no dollar is paired wrongly. A dollar that ends what is no formula may begin one;
/// in the second half it may not.
const MAX_PASSES: u32 = 4;
/// How many names of unknown tags are looked up in the source.
const MAX_NAMES: usize = 64;

pub(crate) fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.description_lists = true;
    extension.math_dollars = true;
    extension.math_code = true;
    // Without it `**強調。**次` stays literal: CommonMark's flanking rule expects spaces between words.
    extension.cjk_friendly_emphasis = true;
    options
}

/// Adds a Markdown document.
pub(crate) fn add(builder: &mut Builder, source: &str) {
    let mut source = Cow::Borrowed(source);
    for pass in 1..=MAX_PASSES {
        let arena = Arena::new();
        let root = comrak::parse_document(&arena, &source, &options());
        let wrong = dollars::wrong(root, &source, pass > MAX_PASSES / 2);
        if wrong.is_empty() || pass == MAX_PASSES {
            return walk(builder, root, &source);
        }
        source = Cow::Owned(dollars::marked(&source, &wrong));
    }
}

fn walk(builder: &mut Builder, root: Node<'_>, source: &str) {
    if source.contains("[!") {
        alerts::mark(root);
    }
    let mut walk = Walk {
        builder,
        source,
        open: Vec::new(),
        skipped: None,
        budget: math::Budget::default(),
        closed: HashMap::new(),
        footnotes: 0,
        section: None,
        columns: Vec::new(),
        column: 0,
    };
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => walk.start(node),
            NodeEdge::End(node) => walk.end(node),
        }
    }
    if let Some((section, _)) = walk.section {
        walk.builder.close(section);
    }
}

struct Walk<'b, 'a> {
    builder: &'b mut Builder,
    source: &'b str,
    /// The handles of the nodes that are open, in their order.
    open: Vec<Option<Handle>>,
    /// A node whose children are part of an attribute.
    skipped: Option<Node<'a>>,
    budget: math::Budget,
    /// Whether the source has an end tag of a name.
    closed: HashMap<String, bool>,
    footnotes: u32,
    section: Option<(Option<Handle>, Option<Handle>)>,
    /// The alignments of the current table, and the next column.
    columns: Vec<TableAlignment>,
    column: usize,
}

impl<'a> Walk<'_, 'a> {
    fn start(&mut self, node: Node<'a>) {
        if self.skipped.is_some() {
            return;
        }
        let data = node.data();
        let line = data.sourcepos.start.line;
        if line > 0 {
            self.builder.line = u32::try_from(line).unwrap_or(u32::MAX);
        }
        let handle = match &data.value {
            NodeValue::Text(text) => {
                self.builder.text(text);
                return;
            }
            NodeValue::SoftBreak => return self.builder.text("\n"),
            NodeValue::Emph => self.builder.open(Tag::Em),
            NodeValue::Strong => self.builder.open(Tag::Strong),
            NodeValue::Strikethrough => self.builder.open(Tag::Del),
            NodeValue::Link(link) => self.link(link),
            NodeValue::HtmlInline(_)
            | NodeValue::HtmlBlock(_)
            | NodeValue::Code(_)
            | NodeValue::CodeBlock(_)
            | NodeValue::Math(_)
            | NodeValue::Image(_)
            | NodeValue::LineBreak
            | NodeValue::ThematicBreak
            | NodeValue::FootnoteReference(_) => return self.leaf(node, &data.value),
            value => self.container(node, value),
        };
        self.open.push(handle);
    }

    fn end(&mut self, node: Node<'a>) {
        if let Some(skipped) = self.skipped {
            if skipped.same_node(node) {
                self.skipped = None;
            }
            return;
        }
        match &node.data().value {
            NodeValue::Text(_)
            | NodeValue::SoftBreak
            | NodeValue::HtmlInline(_)
            | NodeValue::HtmlBlock(_)
            | NodeValue::Code(_)
            | NodeValue::CodeBlock(_)
            | NodeValue::Math(_)
            | NodeValue::LineBreak
            | NodeValue::ThematicBreak
            | NodeValue::FootnoteReference(_) => return,
            NodeValue::Paragraph => self.end_paragraph(node),
            NodeValue::FootnoteDefinition(note) => {
                let last = node.last_child();
                let done = last.is_some_and(|last| matches!(last.data().value, NodeValue::Paragraph));
                if self.section.is_some() && !done && note.total_references > 0 {
                    self.builder.back(self.footnotes, note.total_references);
                }
            }
            // Of the head, once its row has ended.
            NodeValue::TableRow(true) => {
                let row = self.open.pop().flatten();
                self.builder.close(row);
                let head = self.open.pop().flatten();
                self.builder.close(head);
                if node.next_sibling().is_some() {
                    let body = self.builder.open(Tag::Tbody);
                    self.open.push(body);
                }
                return;
            }
            NodeValue::Table(_) if node.children().nth(1).is_some() => {
                let body = self.open.pop().flatten();
                self.builder.close(body);
            }
            _ => {}
        }
        let handle = self.open.pop().flatten();
        self.builder.close(handle);
    }

    /// Nodes without children in the tree.
    fn leaf(&mut self, node: Node<'a>, value: &NodeValue) {
        match value {
            NodeValue::LineBreak => {
                self.builder.void(Tag::Br, []);
                self.builder.text("\n");
            }
            NodeValue::ThematicBreak => self.builder.void(Tag::Hr, []),
            NodeValue::Code(code) => {
                let handle = self.builder.open(Tag::Code);
                self.builder.text(&code.literal);
                self.builder.close(handle);
            }
            NodeValue::CodeBlock(block) if math_language(&block.info) => {
                let paragraph = self.builder.open(Tag::P);
                math::formula(self.builder, &mut self.budget, block.literal.trim(), true, "");
                self.builder.close(paragraph);
            }
            NodeValue::CodeBlock(block) => self.builder.code(&block.info, &block.literal),
            NodeValue::HtmlInline(html) => {
                let literal = self.is_literal(html);
                raw::inline(self.builder, html, literal);
            }
            NodeValue::HtmlBlock(block) => {
                let literal = self.is_literal(block.literal.trim());
                raw::block(self.builder, &block.literal, literal);
            }
            NodeValue::Math(formula) if dollars::is_wrong(node) => {
                self.builder.text("$");
                self.builder.text(&formula.literal);
                self.builder.text("$");
            }
            NodeValue::Math(formula) => {
                math::formula(
                    self.builder,
                    &mut self.budget,
                    formula.literal.trim(),
                    formula.display_math,
                    match (formula.dollar_math, formula.display_math) {
                        (true, true) => "$$",
                        (true, false) => "$",
                        (false, _) => "",
                    },
                );
            }
            NodeValue::FootnoteReference(reference) => {
                self.builder.note(reference.ix, reference.ref_num);
            }
            NodeValue::Image(image) => {
                self.image(node, image);
                self.skipped = Some(node);
            }
            _ => {}
        }
    }

    /// Blocks. `None` where a node has no element of its own.
    fn container(&mut self, node: Node<'a>, value: &NodeValue) -> Option<Handle> {
        let builder = &mut *self.builder;
        match value {
            NodeValue::Paragraph if is_tight(node) => {
                builder.line_break_between(node.previous_sibling().is_some());
                None
            }
            NodeValue::Paragraph => builder.open(Tag::P),
            NodeValue::Heading(heading) => builder.open(Tag::heading(heading.level)),
            NodeValue::BlockQuote | NodeValue::MultilineBlockQuote(_) => builder.open(Tag::Blockquote),
            NodeValue::List(list) => self.list(list),
            NodeValue::Item(_) => builder.open(Tag::Li),
            NodeValue::TaskItem(task) => {
                let item = builder.open_with(Tag::Li, [("class", "task-list-item".to_owned())]);
                builder.task(task.symbol.is_some());
                item
            }
            NodeValue::DescriptionList => builder.open(Tag::Dl),
            NodeValue::DescriptionTerm => builder.open(Tag::Dt),
            NodeValue::DescriptionDetails => builder.open(Tag::Dd),
            NodeValue::Alert(alert) => {
                let kind = alert.alert_type.default_title();
                let class = format!("markdown-alert markdown-alert-{}", kind.to_ascii_lowercase());
                let handle = builder.open_with(Tag::Div, [("class", class)]);
                let title = builder.open_with(Tag::P, [("class", "markdown-alert-title".to_owned())]);
                builder.text(kind);
                builder.close(title);
                handle
            }
            NodeValue::Table(table) => {
                self.columns.clone_from(&table.alignments);
                builder.open(Tag::Table)
            }
            NodeValue::TableRow(header) => {
                self.column = 0;
                if *header {
                    let head = builder.open(Tag::Thead);
                    self.open.push(head);
                }
                self.builder.open(Tag::Tr)
            }
            NodeValue::TableCell => self.cell(node),
            NodeValue::FootnoteDefinition(note) if note.total_references > 0 => self.footnote(node),
            _ => None,
        }
    }

    fn list(&mut self, list: &NodeList) -> Option<Handle> {
        match list.list_type {
            ListType::Bullet => self.builder.open(Tag::Ul),
            ListType::Ordered if list.start == 1 => self.builder.open(Tag::Ol),
            ListType::Ordered => self
                .builder
                .open_with(Tag::Ol, [("start", list.start.to_string())]),
        }
    }

    fn cell(&mut self, node: Node<'a>) -> Option<Handle> {
        let row = node.parent();
        let header = row.is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
        let tag = if header { Tag::Th } else { Tag::Td };
        let align = match self.columns.get(self.column) {
            Some(TableAlignment::Left) => "left",
            Some(TableAlignment::Center) => "center",
            Some(TableAlignment::Right) => "right",
            _ => "",
        };
        self.column += 1;
        if align.is_empty() {
            self.builder.open(tag)
        } else {
            self.builder.open_with(tag, [("align", align.to_owned())])
        }
    }

    fn link(&mut self, link: &NodeLink) -> Option<Handle> {
        let Some(target) = link_target(&link.url) else {
            self.builder.report(Part::Link(link.url.clone()));
            return None;
        };
        let title = (!link.title.is_empty()).then(|| ("title", link.title.clone()));
        let href = ("href", target);
        self.builder.open_with(Tag::A, std::iter::once(href).chain(title))
    }

    fn image(&mut self, node: Node<'a>, image: &NodeLink) {
        let alt = description(node);
        if let Some(source) = image_source(&image.url) {
            let title = (!image.title.is_empty()).then(|| ("title", image.title.clone()));
            let all = [("src", source), ("alt", alt)];
            return self.builder.void(Tag::Img, all.into_iter().chain(title));
        }
        raw::missing_image(self.builder, &image.url, &alt);
    }

    /// Whether a tag is the text of its author, as in `Vec<String>`: no element has that name, and nothing closes it.
    fn is_literal(&mut self, html: &str) -> bool {
        let Some(name) = raw::unknown_name(html) else {
            return false;
        };
        if let Some(closed) = self.closed.get(name) {
            return !closed;
        }
        if self.closed.len() >= MAX_NAMES {
            return false;
        }
        let closed = self.source.contains(&format!("</{name}"));
        self.closed.insert(name.to_owned(), closed);
        !closed
    }
}

fn math_language(info: &str) -> bool {
    info.split_whitespace().next() == Some("math")
}

/// Whether the paragraphs here are written without an element.
fn is_tight(paragraph: Node<'_>) -> bool {
    let Some(parent) = paragraph.parent() else {
        return false;
    };
    if matches!(parent.data().value, NodeValue::DescriptionTerm) {
        return true;
    }
    let Some(list) = parent.parent() else { return false };
    match list.data().value {
        NodeValue::List(list) => list.tight,
        NodeValue::DescriptionItem(item) => item.tight,
        _ => false,
    }
}

/// The text of an image.
fn description(image: Node<'_>) -> String {
    let mut text = String::new();
    for node in image.descendants() {
        match &node.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::Math(formula) => text.push_str(&formula.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text
}
