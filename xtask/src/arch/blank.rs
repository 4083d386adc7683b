//! Blanks what only looks like code: comments, strings, tests. Every line stays where it is.

use super::words::is_word;

/// Blanks comments, and strings too if asked. Line ends stay.
pub(super) fn blank(text: &str, strings: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest), !strings),
            'r' if !out.ends_with(is_word) && raw_string(rest).is_some() => {
                (raw_string(rest).unwrap_or(1), !strings)
            }
            '\'' => (character(rest), !strings),
            _ => (first.len_utf8(), true),
        };
        let (part, next) = rest.split_at(length);
        if keep {
            out.push_str(part);
        } else {
            out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = next;
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match rest {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#` and on.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let body = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let close = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(text.len() - body.len() + close)
}

/// A character, or the quote of a lifetime alone.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_), _) => text[3..].find('\'').map_or(text.len(), |at| at + 4),
        (_, Some((at, '\'')), _) => at + 1,
        _ => 1,
    }
}

/// Where the items marked `#[cfg(test)]` are, in blanked code.
pub(super) fn test_parts(code: &str) -> Vec<(usize, usize)> {
    let starts = code
        .match_indices("#[cfg(test)]")
        .map(|(at, mark)| (at, at + mark.len()));
    starts
        .map(|(start, after)| (start, after + item(&code[after..])))
        .collect()
}

/// The length of the next item: to its closing brace, or to a semicolon before any brace.
fn item(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

pub(super) fn blank_parts(text: &str, parts: &[(usize, usize)]) -> String {
    let inside = |at: usize| parts.iter().any(|(start, end)| (*start..*end).contains(&at));
    text.char_indices()
        .map(|(at, c)| if c != '\n' && inside(at) { ' ' } else { c })
        .collect()
}
