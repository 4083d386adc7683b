//! Markdown as a reader sees it: the plain text, and the destinations of its links.

use std::{borrow::Cow, ops::Range};

use comrak::{
    Arena, Options,
    arena_tree::NodeEdge,
    nodes::{Node, NodeValue},
};

/// A text without its markup.
#[derive(Debug, Default)]
pub(super) struct Plain<'a> {
    /// The visible text, code included; then, each on its own line, titles and destinations of links and images.
    pub(super) text: Cow<'a, str>,
    /// The length of the visible text.
    pub(super) visible: usize,
    /// The destinations of links and images, and whether each is an image.
    pub(super) destinations: Vec<(String, bool)>,
    /// The texts of links.
    pub(super) linked: Vec<Range<usize>>,
    /// Code.
    pub(super) code: Vec<Range<usize>>,
    /// The start of each piece of the text with its line in the Markdown; empty if both are the same text.
    lines: Vec<(usize, usize)>,
}

/// Override: the text after it is displayed from right to left.
const REVERSED: char = '\u{202E}';
/// Ends the override.
const REVERSED_END: char = '\u{202C}';

impl<'a> Plain<'a> {
    pub(super) fn of(markdown: &'a str) -> Self {
        let mut plain = if is_marked_up(markdown.as_bytes()) {
            parse(markdown)
        } else {
            Self {
                visible: markdown.len(),
                text: Cow::Borrowed(markdown),
                ..Self::default()
            }
        };
        if plain.text.contains(REVERSED) {
            plain.text = Cow::Owned(in_display_order(&plain.text));
        }
        plain
    }

    /// The line of the Markdown, from 1, that holds a byte of the text.
    pub(super) fn line(&self, at: usize) -> usize {
        if let Cow::Borrowed(text) = self.text {
            let before = text.as_bytes().iter().take(at);
            return 1 + before.filter(|byte| **byte == b'\n').count();
        }
        let next = self.lines.partition_point(|(begin, _)| *begin <= at);
        next.checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .map_or(1, |(_, line)| *line)
    }
}

/// Whether the visible text may differ from the Markdown. Marks that only separate words (`#`, `>`, `-`, `_`, or `*`
/// beside a space) need no parsing: they separate them as they are.
fn is_marked_up(text: &[u8]) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    let mut before = None;
    text.iter().enumerate().any(|(index, byte)| {
        let marked = match byte {
            b'[' | b'`' | b'<' => true,
            b'&' => text
                .get(index + 1)
                .is_some_and(|next| *next == b'#' || next.is_ascii_alphabetic()),
            b'\\' => text.get(index + 1).is_some_and(u8::is_ascii_punctuation),
            b'*' | b'~' if word(before) => {
                let mut after = text.iter().skip(index).skip_while(|next| *next == byte);
                word(after.next())
            }
            _ => false,
        };
        before = Some(byte);
        marked
    })
}

fn options() -> Options<'static> {
    // As `query` renders it, except bare links, which are found in the text.
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.cjk_friendly_emphasis = true;
    options
}

fn parse(markdown: &str) -> Plain<'static> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &options());
    let mut writer = Writer {
        text: String::with_capacity(markdown.len()),
        plain: Plain::default(),
        open: Vec::new(),
        titles: Vec::new(),
    };
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => writer.start(node),
            NodeEdge::End(node) => writer.end(node),
        }
    }
    writer.finish()
}

struct Writer {
    text: String,
    plain: Plain<'static>,
    /// The starts of the link texts that are not closed yet.
    open: Vec<usize>,
    titles: Vec<String>,
}

/// Tags that do not separate words. Others are displayed as they are written, or separate words.
const INLINE_TAGS: [&str; 16] = [
    "abbr", "b", "del", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "sub", "sup", "u", "var", "wbr",
];

impl Writer {
    fn start(&mut self, node: Node<'_>) {
        let data = node.data();
        let line = data.sourcepos.start.line;
        match &data.value {
            NodeValue::Text(text) => self.push(line, text),
            NodeValue::Code(code) => self.code(line, &code.literal),
            NodeValue::CodeBlock(block) => {
                self.code(line, &block.info);
                self.text.push('\n');
                self.code(line, &block.literal);
            }
            NodeValue::HtmlBlock(block) => self.push(line, &without_comments(&block.literal)),
            NodeValue::HtmlInline(html) => self.html(line, html),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.text.push('\n'),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                self.open.push(self.text.len());
                let is_image = matches!(data.value, NodeValue::Image(_));
                self.plain.destinations.push((link.url.clone(), is_image));
                self.titles.push(link.title.clone());
            }
            _ => {}
        }
    }

    fn end(&mut self, node: Node<'_>) {
        let data = node.data();
        if matches!(data.value, NodeValue::Link(_) | NodeValue::Image(_)) {
            if let Some(begin) = self.open.pop() {
                self.plain.linked.push(begin..self.text.len());
            }
        } else if data.value.block() {
            self.text.push('\n');
        }
    }

    fn push(&mut self, line: usize, text: &str) {
        self.plain.lines.push((self.text.len(), line));
        self.text.push_str(text);
    }

    fn code(&mut self, line: usize, text: &str) {
        let begin = self.text.len();
        self.push(line, text);
        self.plain.code.push(begin..self.text.len());
    }

    fn html(&mut self, line: usize, html: &str) {
        let name = html.trim_matches(['<', '>', '/', ' ']);
        let is_comment = html.starts_with("<!--");
        if !is_comment && !INLINE_TAGS.contains(&name.to_ascii_lowercase().as_str()) {
            self.push(line, html);
        }
    }

    fn finish(mut self) -> Plain<'static> {
        self.plain.visible = self.text.len();
        let destinations = self.plain.destinations.iter().map(|(url, _)| url);
        for title in self.titles.iter().chain(destinations) {
            if !title.is_empty() {
                self.text.push('\n');
                self.text.push_str(&unescaped(title));
            }
        }
        Plain {
            text: Cow::Owned(self.text),
            ..self.plain
        }
    }
}

/// Comments are invisible, and do not separate words.
fn without_comments(html: &str) -> Cow<'_, str> {
    if !html.contains("<!--") {
        return Cow::Borrowed(html);
    }
    let mut pieces = html.split("<!--");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    shown.extend(pieces.filter_map(|piece| Some(piece.split_once("-->")?.1)));
    Cow::Owned(shown)
}

/// Decodes percent-encoding, as a browser displays it.
pub(super) fn unescaped(url: &str) -> Cow<'_, str> {
    if !url.contains('%') {
        return Cow::Borrowed(url);
    }
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = url.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let code = match (byte, digit(bytes.get(index + 1)), digit(bytes.get(index + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        plain.push(code.unwrap_or(*byte));
        index += if code.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
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
