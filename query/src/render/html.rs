//! Writes a tidied document as HTML: comrak's formatter with our headings, code blocks, links and tasks.

use std::fmt::{self, Write};

use comrak::html::ChildRendering;
use comrak::nodes::{Node, NodeValue};
use comrak::{Options, create_formatter};

use super::headings::Heading;
use super::highlight::{Budget, highlight, language_name};
use super::kind::{Kind, MAX_HTML};
use super::links::link_leaves_site;

/// The `rel` of links that the site does not endorse.
pub(super) const COMMENT_REL: &str = "nofollow ugc noopener";

/// The state of the formatter.
#[derive(Default)]
struct State {
    comment: bool,
    /// In reverse order, so that the next one is popped off the end.
    headings: Vec<Heading>,
    written: Vec<Heading>,
    budget: Budget,
}

/// The HTML of the document and the headings in it, or `None` if it exceeds [`MAX_HTML`].
pub(super) fn write(
    root: Node<'_>,
    options: &Options,
    kind: Kind,
    mut headings: Vec<Heading>,
) -> Option<(String, Vec<Heading>)> {
    headings.reverse();
    let mut out = Bounded(String::new());
    let state = State {
        comment: kind == Kind::Comment,
        headings,
        written: Vec::new(),
        budget: Budget::of(kind),
    };
    let state = Formatter::format_document(root, options, &mut out, state).ok()?;
    Some((out.0, state.written))
}

/// A string limited to [`MAX_HTML`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_HTML {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

create_formatter!(Formatter<State>, {
    NodeValue::Heading(_) => |context, entering| {
        if entering {
            let Some(heading) = context.user.headings.pop() else { return Err(fmt::Error) };
            context.cr()?;
            match &heading.id {
                Some(id) => write!(context, "<h{} id=\"{id}\">", heading.level)?,
                None => write!(context, "<h{}>", heading.level)?,
            }
            context.user.written.push(heading);
        } else {
            let Some(heading) = context.user.written.pop() else { return Err(fmt::Error) };
            if let Some(id) = &heading.id {
                write!(context, " <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to this section: ")?;
                context.escape(&heading.text)?;
                context.write_str("\"></a>")?;
            }
            writeln!(context, "</h{}>", heading.level)?;
            context.user.written.push(heading);
        }
    },
    NodeValue::CodeBlock(ref block) => |context, entering| {
        if entering {
            context.cr()?;
            let language = language_name(&block.info);
            match language {
                Some(name) => write!(context, "<pre><code class=\"language-{name}\">")?,
                None => context.write_str("<pre><code>")?,
            }
            match language.and_then(|name| highlight(name, &block.literal, &mut context.user.budget)) {
                Some(coloured) => context.write_str(&coloured)?,
                None => context.escape(&block.literal)?,
            }
            context.write_str("</code></pre>\n")?;
        }
    },
    NodeValue::Link(ref link) => |context, entering| {
        if entering {
            context.write_str("<a href=\"")?;
            context.escape_href(&link.url)?;
            if !link.title.is_empty() {
                context.write_str("\" title=\"")?;
                context.escape(&link.title)?;
            }
            if context.user.comment && link_leaves_site(&link.url) {
                write!(context, "\" rel=\"{COMMENT_REL}")?;
            }
            context.write_str("\">")?;
        } else {
            context.write_str("</a>")?;
        }
    },
    NodeValue::Image(ref image) => |context, entering| {
        if entering {
            context.write_str("<img loading=\"lazy\" decoding=\"async\" src=\"")?;
            context.escape_href(&image.url)?;
            context.write_str("\" alt=\"")?;
            return Ok(ChildRendering::Plain);
        }
        if !image.title.is_empty() {
            context.write_str("\" title=\"")?;
            context.escape(&image.title)?;
        }
        context.write_str("\">")?;
    },
    NodeValue::TaskItem(ref task) => |context, entering| {
        if entering {
            let (checked, label) = match task.symbol {
                Some(_) => (" checked=\"\"", "Completed task"),
                None => ("", "Incomplete task"),
            };
            context.cr()?;
            write!(
                context,
                "<li class=\"task-list-item\"><input type=\"checkbox\" disabled=\"\"{checked} aria-label=\"{label}\"> "
            )?;
        } else {
            context.write_str("</li>\n")?;
        }
    },
});
