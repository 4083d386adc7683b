//! Which URLs a body may contain, parsed as browsers do.

/// The scheme of a URL as browsers parse it: leading blanks, tabs and newlines are ignored. Without a scheme, the cleaned
/// URL as `Err`.
fn scheme(url: &str) -> Result<String, String> {
    let cleaned: String = url
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    match cleaned.split_once(':') {
        Some((name, _)) if !name.contains(['/', '?', '#', '\\']) => Ok(name.to_ascii_lowercase()),
        _ => Err(cleaned),
    }
}

/// Whether a URL without a scheme has another host. Browsers read `\` as `/`.
fn names_host(cleaned: &str) -> bool {
    let mut chars = cleaned.chars();
    let slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
    slash(chars.next()) && slash(chars.next())
}

/// http, https, mailto, or no scheme at all.
pub(super) fn link_allowed(url: &str) -> bool {
    match scheme(url) {
        Ok(name) => matches!(name.as_str(), "http" | "https" | "mailto"),
        Err(_) => true,
    }
}

/// https, or a path on this site.
pub(super) fn image_allowed(url: &str) -> bool {
    match scheme(url) {
        Ok(name) => name == "https",
        Err(cleaned) => !cleaned.is_empty() && !names_host(&cleaned),
    }
}

/// True unless the link certainly stays on this site.
pub(super) fn link_leaves_site(url: &str) -> bool {
    scheme(url).map_or_else(|cleaned| names_host(&cleaned), |_| true)
}
