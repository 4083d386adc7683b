//! What was left out of a text, for its author's preview.

use std::{borrow::Cow, collections::HashSet, fmt};

/// The longest report, in entries.
const MAX_ENTRIES: usize = 50;

/// A part of a text that readers do not see as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The line of the source, from 1.
    pub line: u32,
    /// What it was.
    pub part: Part,
}

/// What was left out, and what is shown in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A tag that is not permitted. Its text is shown.
    Tag(String),
    /// An element that is not permitted, with its content.
    Element(&'static str),
    /// A permitted tag in a place where it cannot be, such as a list item outside a list. Its text is shown.
    Misplaced(&'static str),
    /// An attribute that is not permitted.
    Attribute {
        /// The name of the element.
        element: &'static str,
        /// The name of the attribute.
        name: String,
    },
    /// The address of a link that may run code. The text of the link is shown.
    Link(String),
    /// An image whose address cannot be loaded. Its description is shown.
    Image(String),
    /// The player of another site. A link to it is shown.
    Player(&'static str),
    /// A comment without an end: nothing after it is shown.
    OpenComment,
    /// A formula that is not valid. Its source is shown.
    Formula(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(name) => write!(f, "The tag <{name}> is not permitted; its text is shown."),
            Self::Element(name) => {
                write!(f, "The element <{name}> is not permitted and was removed.")
            }
            Self::Misplaced(name) => {
                write!(f, "The tag <{name}> is not possible here; its text is shown.")
            }
            Self::Attribute { element, name } => {
                write!(f, "The attribute {name} of <{element}> is not permitted.")
            }
            Self::Link(url) => write!(f, "The link address {} is not permitted.", shortened(url)),
            Self::Image(url) => write!(f, "The image {} cannot be loaded.", shortened(url)),
            Self::Player(name) => write!(f, "The {name} player is shown as a link."),
            Self::OpenComment => {
                f.write_str("A comment begins here and does not end, so nothing after it is shown.")
            }
            Self::Formula(reason) => write!(f, "The formula is not valid: {reason}"),
        }
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    entries: Vec<LeftOut>,
    parts: HashSet<Part>,
}

impl Report {
    /// Adds an entry, the first one of its kind only.
    pub(crate) fn add(&mut self, line: u32, part: Part) {
        if self.entries.len() < MAX_ENTRIES && self.parts.insert(part.clone()) {
            self.entries.push(LeftOut { line, part });
        }
    }

    pub(crate) fn finish(self) -> Vec<LeftOut> {
        self.entries
    }
}
