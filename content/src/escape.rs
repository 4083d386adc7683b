//! Characters that are special in HTML.

/// Appends `text` with the characters escaped that are special between tags.
pub(crate) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Appends the value of an attribute.
pub(crate) fn escape_value(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = comrak::html::escape(out, text);
}
