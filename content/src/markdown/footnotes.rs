//! Footnotes: a section at the end, with links back to the references.

use comrak::nodes::{Node, NodeValue};

use super::Walk;
use crate::{builder::Handle, tag::Tag};

impl<'a> Walk<'_, 'a> {
    /// comrak has moved the definitions in use to the end, in the order of their numbers. A repeated or nested definition
    /// stays in its place, and is text there.
    pub(super) fn footnote(&mut self, node: Node<'a>) -> Option<Handle> {
        let top = node.parent();
        if !top.is_some_and(|top| matches!(top.data().value, NodeValue::Document)) {
            return None;
        }
        if self.section.is_none() {
            // The tags that the text has left open.
            self.builder.close_all();
            let section = self
                .builder
                .open_with(Tag::Section, [("class", "footnotes".to_owned())]);
            let list = self.builder.open(Tag::Ol);
            self.section = Some((section, list));
        }
        self.footnotes += 1;
        self.builder.footnote(self.footnotes)
    }

    /// The links back stand at the end of a footnote's last paragraph.
    pub(super) fn end_paragraph(&mut self, node: Node<'a>) {
        let Some(parent) = node.parent() else { return };
        if let NodeValue::FootnoteDefinition(note) = &parent.data().value
            && self.section.is_some()
            && node.next_sibling().is_none()
            && note.total_references > 0
        {
            self.builder.text(" ");
            self.builder.back(self.footnotes, note.total_references);
        }
    }
}
