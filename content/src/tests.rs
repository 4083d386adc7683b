//! Tests of the crate as a whole.

mod attacks;
mod colours;
mod inert;
mod load;
mod reading;
mod shape;
mod spec;
mod spec_differences;
mod summary;
mod xss;

use crate::{Document, Flavour, TocEntry};

/// All views of a document that the read model stores.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rendered {
    html: String,
    excerpt: String,
    words: u32,
    reading_minutes: u32,
    toc: Vec<TocEntry>,
}

fn render(markdown: &str, flavour: Flavour<'_>) -> Rendered {
    let document = Document::markdown(markdown);
    let (words, reading_minutes) = document.words_and_minutes();
    Rendered {
        html: document.html(flavour),
        excerpt: document.excerpt(),
        words,
        reading_minutes,
        toc: document.toc().to_vec(),
    }
}

fn render_post(markdown: &str) -> Rendered {
    render(markdown, Flavour::Post)
}

fn render_comment(markdown: &str, id: &str) -> Rendered {
    render(markdown, Flavour::Comment { id })
}
