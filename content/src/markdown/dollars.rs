//! Dollars that are no formulas: prices, variables, and those inside code.

use comrak::nodes::{LineColumn, Node, NodeValue};

use crate::tree::DOLLAR;

/// The offsets of dollars that begin what is not a formula. comrak pairs dollars before it looks at code, links and
/// emphasis: in `$5 (see `$HOME`)` it would take the code apart. `both`: with those that end it.
pub(super) fn wrong(root: Node<'_>, source: &str, both: bool) -> Vec<usize> {
    if !source.contains('$') {
        return Vec::new();
    }
    let wrong: Vec<_> = root.descendants().filter(|node| is_wrong(node)).collect();
    if wrong.is_empty() {
        return Vec::new();
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at + 1))
        .collect();
    let offset = |place: LineColumn| {
        let line = starts.get(place.line.checked_sub(1)?)?;
        let at = line + place.column.checked_sub(1)?;
        (source.as_bytes().get(at) == Some(&b'$')).then_some(at)
    };
    let mut offsets = Vec::new();
    for node in wrong {
        let place = node.data().sourcepos;
        offsets.extend(offset(place.start));
        offsets.extend(offset(place.end).filter(|_| both));
    }
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// The source with marks in place of these dollars.
pub(super) fn marked(source: &str, dollars: &[usize]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut from = 0;
    for at in dollars {
        out.push_str(source.get(from..*at).unwrap_or_default());
        out.push(DOLLAR);
        from = at + 1;
    }
    out.push_str(source.get(from..).unwrap_or_default());
    out
}

/// Whether a formula between single dollars is none: a letter or digit touches it from outside (`US$5/A$`, `$5/$6`,
/// `${HOME}/${USER}`), or it holds the beginning of code.
pub(super) fn is_wrong(node: Node<'_>) -> bool {
    let data = node.data();
    let NodeValue::Math(formula) = &data.value else {
        return false;
    };
    let single = formula.dollar_math && !formula.display_math;
    single && (formula.literal.contains('`') || is_within_word(node))
}

fn is_within_word(node: Node<'_>) -> bool {
    let touches = |node: Option<Node<'_>>, last: bool| {
        node.is_some_and(|node| {
            let data = node.data();
            let mut chars = data.value.text().unwrap_or_default().chars();
            let near = if last { chars.next_back() } else { chars.next() };
            near.is_some_and(|c| c.is_ascii_alphanumeric() || (!last && c == '{'))
        })
    };
    touches(node.previous_sibling(), true) || touches(node.next_sibling(), false)
}
