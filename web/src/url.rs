//! Escaping of path segments and queries, and the check of redirect targets.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One path segment, escaped.
pub fn segment(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    // `.` and `..` have a meaning of their own in a path.
    if text.chars().all(|c| c == '.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// `path` with the parameters that have a value.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// `path` if it is a path on this site: it begins with exactly one slash, so it cannot name another host.
pub fn local_path(path: &str) -> Option<&str> {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.chars().all(|c| !c.is_control() && !c.is_whitespace());
    local.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_segment() {
        assert_eq!(segment("hello-world"), "hello-world");
        assert_eq!(segment("a/b?c#d"), "a%2Fb%3Fc%23d");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("größe"), "gr%C3%B6%C3%9Fe");
    }

    #[test]
    fn only_parameters_with_a_value_are_added() {
        assert_eq!(with_query("/a", &[("b", None), ("c", Some(""))]), "/a");
        assert_eq!(
            with_query("/a", &[("b", Some("x y&z")), ("c", None)]),
            "/a?b=x+y%26z"
        );
    }

    #[test]
    fn only_paths_on_this_site_are_local() {
        for path in ["/", "/p/hello?x=1#c", "/@ann"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in [
            "",
            "p",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(local_path(path), None, "{path}");
        }
    }
}
