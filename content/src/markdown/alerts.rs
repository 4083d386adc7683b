//! Alerts: quotes that begin with a line such as `[!NOTE]`.
//!
//! comrak has an extension for them, but its scanner reads a line of quote marks once for each of them.

use comrak::nodes::{AlertType, Node, NodeAlert, NodeValue};

/// Turns the quotes that are alerts into such, and removes their first lines.
pub(super) fn mark(root: Node<'_>) {
    let quotes: Vec<_> = root
        .descendants()
        .filter(|node| matches!(node.data().value, NodeValue::BlockQuote))
        .collect();
    for quote in quotes {
        let Some((kind, line)) = first_line(quote) else {
            continue;
        };
        let paragraph = quote.first_child();
        line.into_iter().for_each(|node| node.detach());
        if let Some(paragraph) = paragraph.filter(|paragraph| paragraph.first_child().is_none()) {
            paragraph.detach();
        }
        quote.data_mut().value = NodeValue::Alert(Box::new(NodeAlert {
            alert_type: kind,
            title: None,
            multiline: false,
            fence_length: 0,
            fence_offset: 0,
        }));
    }
}

/// The nodes of the marker, with the end of its line.
fn first_line(quote: Node<'_>) -> Option<(AlertType, Vec<Node<'_>>)> {
    let paragraph = quote.first_child()?;
    if !matches!(paragraph.data().value, NodeValue::Paragraph) {
        return None;
    }
    let (mut text, mut line) = (String::new(), Vec::new());
    for node in paragraph.children() {
        line.push(node);
        match &node.data().value {
            NodeValue::Text(part) if text.len() + part.len() <= 16 => text.push_str(part),
            NodeValue::SoftBreak | NodeValue::LineBreak => break,
            _ => return None,
        }
    }
    Some((kind(text.trim_end())?, line))
}

fn kind(marker: &str) -> Option<AlertType> {
    let name = marker.strip_prefix("[!")?.strip_suffix(']')?;
    match name.to_ascii_lowercase().as_str() {
        "note" => Some(AlertType::Note),
        "tip" => Some(AlertType::Tip),
        "important" => Some(AlertType::Important),
        "warning" => Some(AlertType::Warning),
        "caution" => Some(AlertType::Caution),
        _ => None,
    }
}
