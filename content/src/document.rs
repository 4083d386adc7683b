//! A text that has been read.

use std::borrow::Cow;

use crate::{
    MAX_SOURCE,
    blank::is_blank,
    builder::Builder,
    headings::{self, TocEntry},
    language, markdown,
    prose::Prose,
    report::LeftOut,
    sanitize::{Audience, sanitize_owned},
    tag::Tag,
    tree::{Item, Tree, is_unprintable, may_be_unprintable},
    visible::{self, Visible},
    write::{self, Flavour},
};

/// A text as a safe tree, with everything that readers, judges and search engines make of it.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub(crate) tree: Tree,
    toc: Vec<TocEntry>,
    left_out: Vec<LeftOut>,
    plain: bool,
}

impl Document {
    /// Reads Markdown with the HTML that it may contain: the body of a post or comment.
    pub fn markdown(source: &str) -> Self {
        if source.len() > MAX_SOURCE {
            return Self::plain(source);
        }
        let mut builder = Builder::default();
        if may_be_unprintable(source) {
            markdown::add(&mut builder, &with_newlines(source).replace(is_unprintable, ""));
        } else {
            markdown::add(&mut builder, source);
        }
        let (mut tree, left_out) = builder.finish();
        let toc = headings::name(&mut tree);
        Self {
            tree,
            toc,
            left_out,
            plain: false,
        }
    }

    /// Reads a text without formatting: a title, a summary, a name.
    pub fn plain(source: &str) -> Self {
        let mut builder = Builder::default();
        for (line, text) in (1..).zip(with_newlines(source).split_inclusive('\n')) {
            builder.line = line;
            builder.text(text);
        }
        let (tree, left_out) = builder.finish();
        Self {
            tree,
            toc: Vec::new(),
            left_out,
            plain: true,
        }
    }

    /// The HTML for a place, sanitised, free of inline styles and scripts, for anywhere that allows flow content.
    pub fn html(&self, flavour: Flavour<'_>) -> String {
        let audience = match flavour {
            Flavour::Comment { .. } => Audience::Comment,
            _ => Audience::Post,
        };
        sanitize_owned(self.unsanitized(flavour), audience)
    }

    /// The HTML of the first wall alone, for tests of it.
    #[doc(hidden)]
    pub fn unsanitized(&self, flavour: Flavour<'_>) -> String {
        let html = (!self.plain).then(|| write::write(&self.tree, &self.toc, flavour));
        html.flatten()
            .unwrap_or_else(|| write::write_plain(&self.visible().text))
    }

    /// The text as readers see it, with its links.
    pub fn visible(&self) -> Visible {
        visible::visible(&self.tree)
    }

    /// Plain text (not escaped) of at most [`EXCERPT_GRAPHEMES`](crate::EXCERPT_GRAPHEMES) graphemes, for summaries.
    pub fn excerpt(&self) -> String {
        Prose::of(&self.tree).excerpt()
    }

    /// Words of the prose, and whole minutes to read it (at least 1 unless there is none). In scripts written without blanks
    /// every character counts as a word.
    pub fn words_and_minutes(&self) -> (u32, u32) {
        let count = Prose::of(&self.tree).count();
        (count.words(), count.reading_minutes())
    }

    /// The headings, in document order, with the ids that they have in [`Flavour::Post`].
    pub fn toc(&self) -> &[TocEntry] {
        &self.toc
    }

    /// The language of the prose as a BCP 47 tag, unless it is too short or doubtful.
    pub fn language(&self) -> Option<&'static str> {
        language::detect(&Prose::of(&self.tree).text)
    }

    /// Whether a reader sees nothing: no text, no image.
    pub fn is_blank(&self) -> bool {
        self.tree.items.iter().all(|item| match *item {
            Item::Text(span) | Item::Code(_, span) => is_blank(self.tree.get(span)),
            Item::Open(tag, _) => tag != Tag::Img,
            Item::Note { .. } => false,
            _ => true,
        })
    }

    /// What readers do not see as it was written, for the author's preview.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// A text whose lines all end in a newline.
fn with_newlines(source: &str) -> Cow<'_, str> {
    if source.contains('\r') {
        Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(source)
    }
}
