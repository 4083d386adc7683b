//! The kinds of bodies and their limits.

/// A body with longer HTML (in bytes) is rendered as plain text. Markdown can grow seventyfold (`[^1]` repeated), and a
/// document of the read model is limited to 16 MiB.
pub const MAX_HTML: usize = 2 * 1024 * 1024;

/// One heading of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TocEntry {
    /// The `id` of the heading element, unique in the document and always starting with `h-`.
    pub id: String,
    /// 2 to 6, as rendered.
    pub level: u8,
    /// Plain text, not escaped.
    pub text: String,
}

/// The two kinds of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Post,
    Comment,
}
