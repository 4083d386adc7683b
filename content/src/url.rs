//! Which URLs a text may contain, parsed as browsers do.

use crate::tree::printable;

/// The scheme of a URL as browsers parse it: leading blanks, tabs and newlines are ignored. Without a scheme, the cleaned
/// URL as `Err`.
fn scheme(url: &str) -> Result<String, String> {
    let cleaned: String = url
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    match cleaned.split_once(':') {
        Some((name, _)) if is_scheme(name) => Ok(name.to_ascii_lowercase()),
        _ => Err(cleaned),
    }
}

/// Whether browsers read what precedes a colon as a scheme (URL standard, "scheme state").
fn is_scheme(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(letter)
}

/// Whether a URL without a scheme has another host. Browsers read `\` as `/`.
fn names_host(cleaned: &str) -> bool {
    let mut chars = cleaned.chars();
    let slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
    slash(chars.next()) && slash(chars.next())
}

/// What is judged is what is kept: nothing is removed from an address later.
fn cleaned(url: &str) -> String {
    printable(url.trim()).into_owned()
}

/// The address of a link: http, https, irc, ircs, mailto, tel, xmpp, or no scheme at all.
pub(crate) fn link_target(url: &str) -> Option<String> {
    let url = cleaned(url);
    let allowed = url.starts_with("https://")
        || scheme(&url).map_or(true, |name| {
            matches!(
                name.as_str(),
                "http" | "https" | "irc" | "ircs" | "mailto" | "tel" | "xmpp"
            )
        });
    allowed.then_some(url)
}

/// The address that an image is loaded from: https, or a path on this site. `http:` is upgraded: pages are https, and
/// browsers do not load images of http into them. An http port speaks no https, so such an image is none.
pub(crate) fn image_source(url: &str) -> Option<String> {
    let url = cleaned(url);
    if url.starts_with("https://") {
        return Some(url);
    }
    match scheme(&url) {
        Ok(name) if name == "https" => Some(url),
        Ok(name) if name == "http" => {
            let (_, rest) = url.split_once(':')?;
            let host = rest
                .trim_start_matches(['/', '\\'])
                .split(['/', '\\', '?', '#'])
                .next()?;
            let port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
            (!port).then(|| format!("https:{rest}"))
        }
        Ok(_) => None,
        Err(cleaned) if cleaned.is_empty() => None,
        Err(cleaned) if names_host(&cleaned) => {
            Some(format!("https://{}", cleaned.get(2..).unwrap_or_default()))
        }
        Err(cleaned) => Some(cleaned),
    }
}

/// True unless the link certainly stays on this site.
pub(crate) fn leaves_site(url: &str) -> bool {
    scheme(url).map_or_else(|cleaned| names_host(&cleaned), |_| true)
}

/// The URL as seen from elsewhere, in feeds and mails.
pub(crate) fn absolute(base: &str, url: &str) -> String {
    let joined = ammonia::Url::parse(base).and_then(|base| base.join(url));
    joined.map_or_else(|_| url.to_owned(), String::from)
}
