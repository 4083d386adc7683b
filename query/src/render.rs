//! Texts as the read model stores and previews show them; `content` reads and writes them.
//!
//! Its CPU time is proportional to the input, so async callers use `spawn_blocking` for more than a few KiB.

use common::api::query::Heading;
use content::{Document, Flavour, TocEntry};

/// A rendered body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML, free of inline styles and scripts, for any place that allows flow content.
    pub html: String,
    /// Plain text (not escaped), for summaries.
    pub excerpt: String,
    /// Words of the prose; in scripts written without spaces every character counts as one.
    pub words: u32,
    /// Whole minutes to read the prose, at least 1 unless there is none.
    pub reading_minutes: u32,
    /// The language of the prose as a BCP 47 tag, unless it is too short or doubtful; always absent for comments.
    pub language: Option<&'static str>,
    /// Headings in document order; always empty for comments.
    pub toc: Vec<TocEntry>,
}

/// The headings as the read model and the API hold them.
pub fn headings(toc: Vec<TocEntry>) -> Vec<Heading> {
    let heading = |TocEntry { id, level, text }| Heading { id, level, text };
    toc.into_iter().map(heading).collect()
}

/// Renders the body of a post.
pub fn render_post(markdown: &str) -> Rendered {
    post(&Document::markdown(markdown))
}

/// Renders the body of a post that has been read.
pub fn post(document: &Document) -> Rendered {
    Rendered {
        toc: document.toc().to_vec(),
        language: document.language(),
        ..render(document, Flavour::Post)
    }
}

/// Renders the body of a comment. `id` makes the ids of footnotes unique among the comments of a page.
pub fn render_comment(markdown: &str, id: &str) -> Rendered {
    render(&Document::markdown(markdown), Flavour::Comment { id })
}

/// Renders a text without formatting.
pub fn render_plain(text: &str) -> Rendered {
    render(&Document::plain(text), Flavour::Comment { id: "" })
}

fn render(document: &Document, flavour: Flavour<'_>) -> Rendered {
    let (words, reading_minutes) = document.words_and_minutes();
    Rendered {
        html: document.html(flavour),
        excerpt: document.excerpt(),
        words,
        reading_minutes,
        language: None,
        toc: Vec::new(),
    }
}
