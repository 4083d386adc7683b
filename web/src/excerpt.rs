//! Distinguishes an author's own summary from the beginning of the text, which the read side returns for posts without a
//! summary. A page shows only the former above the text.

/// Whether `summary` is the beginning of the rendered text: of its paragraphs or, without paragraphs, of its headings.
pub fn is_beginning(html: &str, summary: &str) -> bool {
    let wanted: Vec<char> = summary.chars().filter(|c| c.is_alphanumeric()).collect();
    wanted.is_empty() || ["p", "h"].iter().any(|element| begins(html, element, &wanted))
}

/// Compares only letters and digits, since markup, blanks and escapes differ.
fn begins(html: &str, element: &str, wanted: &[char]) -> bool {
    let mut wanted = wanted.iter();
    let mut inside = false;
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        if c == '<' {
            let (tag, after) = rest.split_once('>').unwrap_or((rest, ""));
            let tag = tag.trim_start_matches('<');
            let (closes, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
            let name = name
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or_default();
            let level = name.trim_end_matches(|c: char| c.is_ascii_digit());
            if level == element {
                inside = !closes;
            }
            rest = after;
            continue;
        }
        if c == '&' {
            // An escaped character, none of which is a letter.
            rest = rest.split_once(';').map_or("", |(_, after)| after);
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if inside && c.is_alphanumeric() {
            match wanted.next() {
                Some(next) if *next == c => {}
                Some(_) => return false,
                None => return true,
            }
        }
    }
    wanted.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_of_the_read_side_is_recognised() {
        let html = "<h2 id=\"h-a\">Title<a class=\"anchor\" href=\"#h-a\"></a></h2>\n<p>Ink &amp; <em>streams</em>, &quot;both&quot;.</p>\
            <pre><code>let p = 1;</code></pre><p>And more of it</p>";
        for summary in ["Ink & streams, \"both\". And mo…", "Ink & streams", "", "Title"] {
            assert!(is_beginning(html, summary), "{summary}");
        }
        for summary in [
            "About ink.",
            "Ink & rivers",
            "And more of it",
            "Ink & streams, both. And more of it, and on",
        ] {
            assert!(!is_beginning(html, summary), "{summary}");
        }
        assert!(is_beginning("<p>Größe 田中", "Größe 田…"));
    }
}
