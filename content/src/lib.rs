//! The one meaning of a text. Markdown becomes a safe tree; HTML, visible text, links, excerpt, table of contents and
//! language are views of that tree, so that what is judged, searched and mailed is what readers see.
//!
//! An author's text passes two independent walls. The tree cannot hold anything but permitted elements, attributes and URLs
//! ([`Document`]); [`sanitize()`] then checks the written HTML against an allow-list of its own. Each is sufficient alone and is
//! tested alone.
//!
//! Pure: no clock, no I/O, no randomness; the same input gives the same bytes on every replica. Time and memory are
//! proportional to the input, so async callers use a blocking thread for more than a few KiB. Each field of a post is a
//! document of its own: a title can never change how the body is read.

mod attributes;
mod blank;
mod builder;
mod document;
mod escape;
mod headings;
mod highlight;
mod language;
mod markdown;
mod math;
mod palette;
mod player;
mod prose;
mod raw;
mod report;
mod sanitize;
mod tag;
#[cfg(test)]
mod tests;
mod tree;
mod url;
mod visible;
mod write;

pub use blank::{is_blank, is_visible};
pub use document::Document;
pub use headings::TocEntry;
pub use language::{Direction, direction};
pub use palette::highlight_css;
pub use prose::EXCERPT_GRAPHEMES;
pub use report::{LeftOut, Part};
pub use sanitize::{Audience, is_canonical, sanitize};
pub use visible::{Link, LinkKind, Visible};
pub use write::Flavour;

/// A longer text (in bytes) is a plain document, without formatting. The posts service rejects bodies over 256 KiB.
pub const MAX_SOURCE: usize = 1024 * 1024;
/// A document with longer HTML (in bytes) is written as plain text. Markdown can grow seventyfold (`[^1]` repeated), and a
/// document of the read model is limited to 16 MiB.
pub const MAX_HTML: usize = 2 * 1024 * 1024;
