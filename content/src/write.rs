//! Writes a tree as HTML, for the places where it is read.

use std::fmt::Write as _;

use crate::{
    MAX_HTML,
    escape::{escape, escape_value},
    headings::TocEntry,
    highlight::{self, language_name},
    tag::Tag,
    tree::{Attributes, Item, Tree},
    url::{absolute, leaves_site},
};

/// The `rel` of links that the site does not endorse.
const COMMENT_REL: &str = "nofollow ugc noopener";

/// Where the HTML is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour<'a> {
    /// On the page of a post: with ids and links of headings, images, highlighted code.
    Post,
    /// Under a post: headings from h4 without ids, links in place of images, `rel="nofollow ugc noopener"` on links to other
    /// sites.
    Comment {
        /// The comment's id, which makes the ids of footnotes unique among the comments of a page.
        id: &'a str,
    },
    /// In a feed: as a post, with absolute URLs and without what needs the site's stylesheet.
    Feed {
        /// The address of the post.
        base: &'a str,
    },
    /// In a mail: as in a feed, with formulas as source and details unfolded.
    Mail {
        /// The address of the post.
        base: &'a str,
    },
}

impl<'a> Flavour<'a> {
    fn base(self) -> Option<&'a str> {
        match self {
            Self::Feed { base } | Self::Mail { base } => Some(base),
            Self::Post | Self::Comment { .. } => None,
        }
    }

    const fn is_comment(self) -> bool {
        matches!(self, Self::Comment { .. })
    }

    const fn is_mail(self) -> bool {
        matches!(self, Self::Mail { .. })
    }
}

/// The HTML of the tree, or `None` if it exceeds [`MAX_HTML`].
pub(crate) fn write(tree: &Tree, headings: &[TocEntry], flavour: Flavour<'_>) -> Option<String> {
    let mut writer = Writer {
        tree,
        flavour,
        prefix: prefix(flavour),
        headings: headings.iter(),
        heading: None,
        out: String::with_capacity(tree.text.len() + tree.text.len() / 2 + tree.items.len() * 4),
        budget: if flavour.is_comment() {
            highlight::Budget::small()
        } else {
            highlight::Budget::large()
        },
        links: 0,
        pre: 0,
        skip: false,
    };
    for item in &tree.items {
        writer.item(*item);
        if writer.out.len() > MAX_HTML {
            return None;
        }
    }
    Some(writer.out)
}

/// A text without formatting, cut at [`MAX_HTML`].
pub(crate) fn write_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str("<pre class=\"plain\">\n");
    for line in text.split_inclusive('\n') {
        if out.len() + line.len() > MAX_HTML {
            break;
        }
        escape(&mut out, line);
    }
    out.push_str("</pre>");
    out
}

/// Starts with a letter, so that it cannot collide with a post's `fn-1` or `fnref-1-2`.
fn prefix(flavour: Flavour<'_>) -> String {
    let Flavour::Comment { id } = flavour else {
        return String::new();
    };
    let kept = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    format!("c{}-", kept.take(64).collect::<String>())
}

struct Writer<'t, 'f> {
    tree: &'t Tree,
    flavour: Flavour<'f>,
    /// Of the ids of footnotes.
    prefix: String,
    headings: std::slice::Iter<'t, TocEntry>,
    heading: Option<&'t TocEntry>,
    out: String,
    budget: highlight::Budget,
    links: usize,
    pre: usize,
    /// Inside a formula that was written as source.
    skip: bool,
}

impl Writer<'_, '_> {
    fn item(&mut self, item: Item) {
        if self.skip {
            self.skip = item != Item::Close(Tag::Math);
            return;
        }
        match item {
            Item::Text(span) => escape(&mut self.out, self.tree.get(span)),
            Item::Open(tag, attributes) => self.open(tag, attributes),
            Item::Close(tag) => self.close(tag),
            Item::Code(language, literal) => {
                self.code(self.tree.get(language), self.tree.get(literal));
            }
            Item::Formula(source) if self.flavour.is_mail() => {
                self.out.push_str("<code>");
                escape(&mut self.out, self.tree.get(source));
                self.out.push_str("</code>");
                self.skip = true;
            }
            Item::Formula(_) => {}
            Item::Task { done } => self.task(done),
            Item::Note { number, nth } => self.note(number, nth),
            Item::Back { number, references } => self.back(number, references),
            Item::Footnote { number } => {
                self.line();
                let _ = write!(self.out, "<li id=\"fn-{}{number}\">", self.prefix);
            }
        }
    }

    /// The element that stands for another one in this flavour.
    fn element(&self, tag: Tag) -> Tag {
        match tag {
            Tag::Details | Tag::Summary if self.flavour.is_mail() => Tag::Div,
            tag => tag,
        }
    }

    fn open(&mut self, tag: Tag, attributes: Attributes) {
        if let Some(level) = tag.level() {
            return self.open_heading(level, attributes);
        }
        let tag = self.element(tag);
        match tag {
            Tag::Img if self.flavour.is_comment() => return self.image_link(attributes),
            Tag::A => self.links += 1,
            Tag::Pre => self.pre += 1,
            _ => {}
        }
        if tag.is_block() {
            self.line();
        }
        self.out.push('<');
        self.out.push_str(tag.name());
        if tag == Tag::Img && self.flavour == Flavour::Post {
            self.out.push_str(" loading=\"lazy\" decoding=\"async\"");
        }
        self.attributes(tag, attributes);
        self.out.push('>');
        if tag.holds_blocks() || tag == Tag::Hr {
            self.line();
        }
    }

    fn close(&mut self, tag: Tag) {
        if let Some(level) = tag.level() {
            return self.close_heading(level);
        }
        let tag = self.element(tag);
        match tag {
            Tag::A => self.links = self.links.saturating_sub(1),
            Tag::Pre => self.pre = self.pre.saturating_sub(1),
            _ => {}
        }
        if tag.holds_blocks() {
            self.line();
        }
        self.out.push_str("</");
        self.out.push_str(tag.name());
        self.out.push('>');
        if tag.is_block() {
            self.line();
        }
    }

    /// Starts a new line, where that is not text.
    fn line(&mut self) {
        if self.pre == 0 && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn attributes(&mut self, tag: Tag, attributes: Attributes) {
        let tree = self.tree;
        for (name, value) in tree.attributes(attributes) {
            match *name {
                "id" if value.is_empty() || self.flavour.is_comment() => {}
                "href" | "src" | "cite" => {
                    let _ = write!(self.out, " {name}=\"");
                    self.address(value);
                    self.out.push('"');
                    if tag == Tag::A && self.flavour.is_comment() && leaves_site(value) {
                        let _ = write!(self.out, " rel=\"{COMMENT_REL}\"");
                    }
                }
                "open" if self.flavour.is_mail() => {}
                _ => {
                    let _ = write!(self.out, " {name}=\"");
                    escape_value(&mut self.out, value);
                    self.out.push('"');
                }
            }
        }
    }

    fn address(&mut self, url: &str) {
        let _ = match self.flavour.base() {
            Some(base) if !url.starts_with("https://") => {
                comrak::html::escape_href(&mut self.out, &absolute(base, url), false)
            }
            _ => comrak::html::escape_href(&mut self.out, url, false),
        };
    }

    /// An image of a comment may be a tracker: readers get a link to it.
    fn image_link(&mut self, attributes: Attributes) {
        let tree = self.tree;
        let source = tree.attribute(attributes, "src").unwrap_or_default();
        let alt = tree.attribute(attributes, "alt").unwrap_or_default();
        let words = if alt.trim().is_empty() { source } else { alt };
        if self.links > 0 {
            return escape(&mut self.out, words);
        }
        self.out.push_str("<a href=\"");
        self.address(source);
        if leaves_site(source) {
            let _ = write!(self.out, "\" rel=\"{COMMENT_REL}");
        }
        self.out.push_str("\">");
        escape(&mut self.out, words);
        self.out.push_str("</a>");
    }

    fn open_heading(&mut self, level: u8, attributes: Attributes) {
        self.heading = self.headings.next();
        let level = self.level(level);
        self.line();
        let _ = write!(self.out, "<h{level}");
        if let Some(heading) = self.heading.filter(|_| !self.flavour.is_comment()) {
            let _ = write!(self.out, " id=\"{}\"", heading.id);
        }
        self.attributes(Tag::heading(level), attributes);
        self.out.push('>');
    }

    fn close_heading(&mut self, level: u8) {
        let level = self.level(level);
        if let Some(heading) = self.heading.take()
            && self.flavour == Flavour::Post
            && self.links == 0
        {
            let _ = write!(
                self.out,
                " <a class=\"anchor\" href=\"#{}\" aria-label=\"Link to this section: ",
                heading.id
            );
            escape_value(&mut self.out, &heading.text);
            self.out.push_str("\"></a>");
        }
        let _ = writeln!(self.out, "</h{level}>");
    }

    fn level(&self, level: u8) -> u8 {
        match self.heading {
            _ if self.flavour.is_comment() => (level + 3).min(6),
            Some(heading) => heading.level,
            None => level,
        }
    }

    fn code(&mut self, info: &str, literal: &str) {
        self.line();
        let language = language_name(info);
        match language {
            Some(name) => {
                let _ = write!(self.out, "<pre><code class=\"language-{name}\">");
            }
            None => self.out.push_str("<pre><code>"),
        }
        let coloured = language
            .filter(|_| self.flavour.base().is_none())
            .and_then(|name| highlight::highlight(name, literal, &mut self.budget));
        match coloured {
            Some(coloured) => self.out.push_str(&coloured),
            None => escape(&mut self.out, literal),
        }
        self.out.push_str("</code></pre>\n");
    }

    fn task(&mut self, done: bool) {
        if self.flavour.base().is_some() {
            return self.out.push_str(if done { "☑ " } else { "☐ " });
        }
        let (checked, label) = match done {
            true => (" checked=\"\"", "Completed task"),
            false => ("", "Incomplete task"),
        };
        let _ = write!(
            self.out,
            "<input type=\"checkbox\" disabled=\"\"{checked} aria-label=\"{label}\"> "
        );
    }

    fn note(&mut self, number: u32, nth: u32) {
        let prefix = &self.prefix;
        let again = if nth > 1 { format!("-{nth}") } else { String::new() };
        let _ = write!(
            self.out,
            "<sup class=\"footnote-ref\"><a href=\"#fn-{prefix}{number}\" id=\"fnref-{prefix}{number}{again}\">{number}</a></sup>"
        );
    }

    fn back(&mut self, number: u32, references: u32) {
        let prefix = &self.prefix;
        for nth in 1..=references {
            let again = if nth > 1 { format!("-{nth}") } else { String::new() };
            let blank = if nth > 1 { " " } else { "" };
            let _ = write!(
                self.out,
                "{blank}<a href=\"#fnref-{prefix}{number}{again}\" class=\"footnote-backref\" aria-label=\"Back to reference {number}{again}\">↩",
            );
            if nth > 1 {
                let _ = write!(self.out, "<sup class=\"footnote-ref\">{nth}</sup>");
            }
            self.out.push_str("</a>");
            if self.out.len() > MAX_HTML {
                return;
            }
        }
    }
}
