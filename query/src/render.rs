//! Markdown to safe HTML, for the read model and for previews.
//!
//! A body passes two independent stages. `tidy` rewrites the parsed document so that it contains only permitted markup: raw
//! HTML becomes text, links and images have permitted schemes, ids are generated, nesting is bounded. `sanitize` then parses
//! the HTML and removes whatever is not on its allow-list. Each stage is sufficient alone and is tested alone.
//!
//! Rendering is a pure function: no clock, no I/O, the same bytes on every replica and in every rebuild. Its CPU time is
//! proportional to the input, so async callers use `spawn_blocking` for more than a few KiB.

mod escape;
mod headings;
mod highlight;
mod html;
mod kind;
mod links;
mod palette;
mod sanitize;
mod text;
mod tidy;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use common::api::query::Heading;
use comrak::{Arena, Options};

use kind::Kind;
pub use kind::{MAX_HTML, TocEntry};
pub use palette::highlight_css;
pub use text::EXCERPT_GRAPHEMES;

/// A longer body (in bytes) is rendered as plain text. The posts service rejects bodies over 256 KiB.
pub const MAX_SOURCE: usize = 1024 * 1024;
/// A rendered body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML, free of inline styles and scripts, for any place that allows flow content.
    pub html: String,
    /// Plain text (not escaped) of at most [`EXCERPT_GRAPHEMES`] graphemes, for summaries.
    pub excerpt: String,
    /// Words of the prose; in scripts written without spaces every character counts as one.
    pub words: u32,
    /// Whole minutes to read the prose, at least 1 unless there is none.
    pub reading_minutes: u32,
    /// Headings in document order; always empty for comments.
    pub toc: Vec<TocEntry>,
}

/// The headings as the read model and the API hold them.
pub fn headings(toc: Vec<TocEntry>) -> Vec<Heading> {
    let heading = |TocEntry { id, level, text }| Heading { id, level, text };
    toc.into_iter().map(heading).collect()
}

/// Renders the body of a post: with ids of headings, and images.
pub fn render_post(markdown: &str) -> Rendered {
    render(markdown, Kind::Post, "")
}

/// Renders the body of a comment: without ids of headings and without images, and with `rel="nofollow ugc noopener"` on
/// links to other sites. `id_prefix` (the comment's id) makes footnote ids unique among the comments of a page.
pub fn render_comment(markdown: &str, id_prefix: &str) -> Rendered {
    render(markdown, Kind::Comment, &comment_prefix(id_prefix))
}

fn render(markdown: &str, kind: Kind, prefix: &str) -> Rendered {
    let source = printable(markdown);
    if source.len() > MAX_SOURCE {
        return plain(&source, kind);
    }
    let arena = Arena::new();
    let options = options();
    let root = comrak::parse_document(&arena, &source, &options);
    let headings = tidy::tidy(root, &arena, kind, prefix);
    let Some((raw, headings)) = html::write(root, &options, kind, headings) else {
        return plain(&source, kind);
    };
    let prose = text::Prose::of(root);
    Rendered {
        html: sanitize::sanitize(&raw, kind),
        excerpt: prose.excerpt(),
        words: prose.words(),
        reading_minutes: prose.reading_minutes(),
        toc: headings
            .into_iter()
            .filter_map(headings::Heading::into_toc)
            .collect(),
    }
}

/// Renders a text without formatting.
pub fn render_plain(text: &str) -> Rendered {
    plain(&printable(text), Kind::Comment)
}

/// Renders an oversized body: escaped, unformatted, still readable.
fn plain(source: &str, kind: Kind) -> Rendered {
    let mut raw = String::with_capacity(source.len() + 64);
    raw.push_str("<pre class=\"plain\">\n");
    escape::escape(&mut raw, source);
    raw.push_str("</pre>");
    let prose = text::Prose::of_text(source);
    Rendered {
        html: sanitize::sanitize(&raw, kind),
        excerpt: prose.excerpt(),
        words: prose.words(),
        reading_minutes: prose.reading_minutes(),
        toc: Vec::new(),
    }
}

/// Removes control characters and non-characters: they are invisible, and XML feeds may not contain them.
fn printable(markdown: &str) -> Cow<'_, str> {
    let unwanted = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    if markdown.contains(unwanted) {
        Cow::Owned(markdown.replace(unwanted, ""))
    } else {
        Cow::Borrowed(markdown)
    }
}

/// Starts with a letter, so that it cannot collide with a post's `fn-1` or `fnref-1-2`.
fn comment_prefix(id_prefix: &str) -> String {
    let kept = id_prefix
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(64);
    format!("c{}-", kept.collect::<String>())
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    // Without it `**強調。**次` stays literal: CommonMark's flanking rule expects spaces between words.
    options.extension.cjk_friendly_emphasis = true;
    // `tidy` handles raw HTML and URLs; comrak would replace them by comments and empty links.
    options.render.r#unsafe = true;
    options
}
