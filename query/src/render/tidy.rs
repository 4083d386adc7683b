//! The first stage: rewrites a parsed document so that its HTML is well-formed, shallow and harmless, whatever the author
//! wrote.
//!
//! No markup of an author reaches the HTML parser of the second stage. This is not only for safety: HTML's error recovery can
//! expand a few KiB of unclosed tags to gigabytes.

use comrak::Arena;
use comrak::nodes::{Ast, LineColumn, Node, NodeValue};

use super::headings::{Heading, number_headings};
use super::kind::Kind;
use super::links::{image_allowed, link_allowed};
use super::text::plain_text;

/// Quotes and lists nested deeper than this become plain paragraphs.
const MAX_BLOCK_DEPTH: usize = 24;
/// Emphasis and links nested deeper than this become plain text.
const MAX_INLINE_DEPTH: usize = 16;
/// Raw inline tags open at once in one run of text.
const MAX_OPEN_TAGS: usize = 8;

/// Raw HTML that an author may use: these tags, without attributes and closed in the same run of text.
pub(super) const INLINE_TAGS: [&str; 15] = [
    "abbr", "b", "del", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "sub", "sup", "u", "var",
];
pub(super) const VOID_TAGS: [&str; 2] = ["br", "wbr"];

/// Rewrites `root` in place and returns its headings in document order.
pub(super) fn tidy<'a>(root: Node<'a>, arena: &'a Arena<'a>, kind: Kind, prefix: &str) -> Vec<Heading> {
    Tidy { arena, kind }.walk(root);
    name_footnotes(root, prefix);
    number_headings(root, kind)
}

struct Tidy<'a> {
    arena: &'a Arena<'a>,
    kind: Kind,
}

#[derive(Clone, Copy, Default)]
struct Depth {
    block: usize,
    inline: usize,
}

enum Action {
    Keep,
    /// Replace the node by its children.
    Unwrap,
    Remove,
    /// Replace the node by a paragraph (or a text, among inlines).
    Replace(String),
}

impl<'a> Tidy<'a> {
    /// Depth first, with an explicit stack: documents can be a hundred thousand levels deep.
    fn walk(&self, root: Node<'a>) {
        let mut stack = vec![(root, Depth::default())];
        while let Some((node, depth)) = stack.pop() {
            let depth = deeper(node, depth);
            match self.action(node, depth) {
                Action::Keep => {
                    self.pair_tags(node);
                    stack.extend(node.reverse_children().map(|child| (child, depth)));
                }
                Action::Unwrap => {
                    self.pair_tags(node);
                    let children: Vec<_> = node.children().collect();
                    for child in &children {
                        node.insert_before(child);
                    }
                    node.detach();
                    stack.extend(children.into_iter().rev().map(|child| (child, depth)));
                }
                Action::Remove => node.detach(),
                Action::Replace(text) => self.replace(node, text),
            }
        }
    }

    fn action(&self, node: Node<'a>, depth: Depth) -> Action {
        if depth.block > MAX_BLOCK_DEPTH || depth.inline > MAX_INLINE_DEPTH {
            return Action::Replace(plain_text(node));
        }
        match &node.data().value {
            NodeValue::HtmlBlock(block) if is_comment(&block.literal) => Action::Remove,
            NodeValue::HtmlBlock(block) => Action::Replace(block.literal.trim().to_owned()),
            // A repeated or nested definition stays in its place.
            NodeValue::FootnoteDefinition(note) if note.total_references == 0 => Action::Unwrap,
            NodeValue::Link(link) if !link_allowed(&link.url) => Action::Unwrap,
            NodeValue::Image(image) if self.kind == Kind::Comment || !image_allowed(&image.url) => {
                if node.first_child().is_some() {
                    Action::Unwrap
                } else {
                    Action::Replace(image.url.clone())
                }
            }
            _ => Action::Keep,
        }
    }

    fn replace(&self, node: Node<'a>, text: String) {
        let children: Vec<_> = node.children().collect();
        for child in children {
            child.detach();
        }
        let block = node.data().value.block();
        if block {
            node.data_mut().value = NodeValue::Paragraph;
            node.append(self.text(text));
        } else {
            node.data_mut().value = NodeValue::Text(text.into());
        }
    }

    fn text(&self, text: String) -> Node<'a> {
        let start = LineColumn { line: 0, column: 0 };
        self.arena
            .alloc(Ast::new(NodeValue::Text(text.into()), start).into())
    }

    /// Keeps the raw inline tags among the children of `parent` that form pairs; the others become text.
    fn pair_tags(&self, parent: Node<'a>) {
        let mut open: Vec<(&'static str, Node<'a>)> = Vec::new();
        let mut kept: Vec<(Node<'a>, String)> = Vec::new();
        let mut unpaired: Vec<Node<'a>> = Vec::new();
        let mut comments: Vec<Node<'a>> = Vec::new();
        for child in parent.children() {
            let NodeValue::HtmlInline(ref literal) = child.data().value else {
                continue;
            };
            match RawTag::of(literal) {
                RawTag::Open(name) if open.len() < MAX_OPEN_TAGS => open.push((name, child)),
                RawTag::Close(name) => match open.iter().rposition(|(opened, _)| *opened == name) {
                    Some(at) => {
                        unpaired.extend(open.drain(at + 1..).map(|(_, node)| node));
                        kept.extend(open.pop().map(|(name, node)| (node, format!("<{name}>"))));
                        kept.push((child, format!("</{name}>")));
                    }
                    None => unpaired.push(child),
                },
                RawTag::Void(name) => kept.push((child, format!("<{name}>"))),
                RawTag::Comment => comments.push(child),
                RawTag::Open(_) | RawTag::Other => unpaired.push(child),
            }
        }
        unpaired.extend(open.into_iter().map(|(_, node)| node));
        for (node, tag) in kept {
            node.data_mut().value = NodeValue::HtmlInline(tag);
        }
        for node in unpaired {
            let value = std::mem::replace(&mut node.data_mut().value, NodeValue::SoftBreak);
            let NodeValue::HtmlInline(literal) = value else {
                continue;
            };
            node.data_mut().value = NodeValue::Text(literal.into());
        }
        for node in comments {
            node.detach();
        }
    }
}

fn deeper(node: Node<'_>, depth: Depth) -> Depth {
    let Depth { block, inline } = depth;
    match node.data().value {
        NodeValue::BlockQuote | NodeValue::List(_) => Depth {
            block: block + 1,
            inline,
        },
        NodeValue::Emph
        | NodeValue::Strong
        | NodeValue::Strikethrough
        | NodeValue::Link(_)
        | NodeValue::Image(_) => Depth {
            block,
            inline: inline + 1,
        },
        _ => depth,
    }
}

enum RawTag {
    Open(&'static str),
    Close(&'static str),
    Void(&'static str),
    Comment,
    Other,
}

impl RawTag {
    fn of(literal: &str) -> Self {
        if is_comment(literal) {
            return RawTag::Comment;
        }
        let Some(inner) = literal.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
            return RawTag::Other;
        };
        let find = |name: &str, among: &[&'static str]| {
            among
                .iter()
                .copied()
                .find(|tag| tag.eq_ignore_ascii_case(name.trim_ascii_end()))
        };
        if let Some(name) = inner.strip_prefix('/') {
            return find(name, &INLINE_TAGS).map_or(RawTag::Other, RawTag::Close);
        }
        if let Some(name) = find(inner.strip_suffix('/').unwrap_or(inner), &VOID_TAGS) {
            return RawTag::Void(name);
        }
        find(inner, &INLINE_TAGS).map_or(RawTag::Other, RawTag::Open)
    }
}

fn is_comment(literal: &str) -> bool {
    let literal = literal.trim();
    literal.starts_with("<!--") && literal.ends_with("-->") && literal.matches("-->").count() == 1
}

/// Derives footnote ids from their numbers, not from the names that the author chose.
fn name_footnotes(root: Node<'_>, prefix: &str) {
    let mut defined = 0;
    for node in root.descendants() {
        match node.data_mut().value {
            NodeValue::FootnoteReference(ref mut reference) => {
                reference.name = format!("{prefix}{}", reference.ix);
            }
            // comrak has moved the definitions in use to the end, in the order of their numbers.
            NodeValue::FootnoteDefinition(ref mut note) => {
                defined += 1;
                note.name = format!("{prefix}{defined}");
            }
            _ => {}
        }
    }
}
