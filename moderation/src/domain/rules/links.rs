//! Finds links: those of Markdown, and addresses in the text, disguised or not.

use std::borrow::Cow;

use content::LinkKind;
use percent_encoding::percent_decode_str;

use super::{domains::Host, shown::Shown};

/// A link, or a host name.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) host: Host,
    /// Whether it counts as a link; otherwise it is a name in the text, in code, or inside another link.
    pub(super) counts: bool,
    /// As written in the text.
    pub(super) written: String,
}

/// The links of a text, those of Markdown first. Images count as links if they are shown as such.
pub(super) fn find(shown: &Shown, counts_images: bool) -> Vec<Link> {
    let mut links = Vec::new();
    for (url, kind) in &shown.destinations {
        let url = percent_decode_str(url).decode_utf8_lossy();
        if let Some((host, scheme)) = host_of(&url) {
            links.push(Link {
                host,
                counts: scheme != Scheme::Mail && (*kind == LinkKind::Link || counts_images),
                written: url.into_owned(),
            });
        }
    }
    let visible = shown.text.get(..shown.visible).unwrap_or_default();
    let mut begin = 0;
    let mut ranges: Vec<_> = shown.linked.iter().chain(&shown.code).cloned().collect();
    ranges.sort_unstable_by_key(|range| range.start);
    for range in ranges {
        // Code may be inside a link.
        if range.start < begin {
            continue;
        }
        find_written(
            visible.get(begin..range.start).unwrap_or_default(),
            true,
            &mut links,
        );
        find_written(visible.get(range.clone()).unwrap_or_default(), false, &mut links);
        begin = range.end;
    }
    find_written(visible.get(begin..).unwrap_or_default(), true, &mut links);
    links
}

/// Finds links in a text without markup.
fn find_written(text: &str, counts: bool, links: &mut Vec<Link>) {
    if !may_have_hosts(text) {
        return;
    }
    let text = refanged(text);
    let parts = text.split(|c: char| c.is_whitespace() || "<>\"'`|,;()[]{}*，、；（）「」“”".contains(c));
    for part in parts {
        if !may_have_hosts(part) {
            continue;
        }
        let Some((host, scheme)) = host_of(part) else {
            continue;
        };
        let counted = match scheme {
            Scheme::Some => true,
            Scheme::Mail => false,
            Scheme::None => is_likely(&host, part),
        };
        if counted || host.name.contains('.') {
            links.push(Link {
                host,
                counts: counts && counted,
                written: part.to_owned(),
            });
        }
    }
}

fn may_have_hosts(text: &str) -> bool {
    // A dot with something after it, or a full-width dot.
    let bytes = text.as_bytes();
    let dotted = |index: usize, byte: &u8| {
        *byte == b'.'
            && bytes
                .get(index + 1)
                .is_some_and(|next| !next.is_ascii_whitespace())
    };
    let mut odd = false;
    let found = bytes.iter().enumerate().any(|(index, byte)| {
        odd |= *byte == b'[' || *byte == b'(' || *byte == b'{' || *byte == 0xE3 || *byte == 0xEF;
        dotted(index, byte) || (*byte == b':' && bytes.get(index + 1) == Some(&b'/'))
    });
    found || (odd && text.contains(['[', '(', '{', '。', '．', '｡', '：'])) || text.contains(" dot ")
}

/// Replaces `example[.]com`, `example (dot) com` and `example dot com` with `example.com`.
fn refanged(text: &str) -> Cow<'_, str> {
    if !text.contains(['[', '(', '{', '。', '．', '｡', '：', '／']) && !text.contains(" dot ") {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '[' | '(' | '{' => match hidden_dot(after) {
                Some(after) => {
                    whole.truncate(whole.trim_end().len());
                    whole.push('.');
                    after.trim_start_matches(' ')
                }
                None => {
                    whole.push(c);
                    after
                }
            },
            ' ' if after.starts_with("dot ")
                && is_top_level(
                    after["dot ".len()..]
                        .split(|c: char| !c.is_ascii_alphabetic())
                        .next(),
                ) =>
            {
                whole.push('.');
                &after["dot ".len()..]
            }
            '。' | '．' | '｡' => {
                whole.push('.');
                after
            }
            '：' => {
                whole.push(':');
                after
            }
            '／' => {
                whole.push('/');
                after
            }
            _ => {
                whole.push(c);
                after
            }
        };
    }
    Cow::Owned(whole)
}

/// The text after `.]`, `dot)` and the like.
fn hidden_dot(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(' ');
    let dot = text.get(..3).filter(|word| word.eq_ignore_ascii_case("dot"));
    let text = match dot {
        Some(_) => text.get(3..)?,
        None => text.strip_prefix('.')?,
    };
    text.trim_start_matches(' ').strip_prefix([']', ')', '}'])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    None,
    /// `https://`, `hxxp://` or any other scheme with slashes.
    Some,
    Mail,
}

/// The host of a URL, or of what looks like one.
fn host_of(url: &str) -> Option<(Host, Scheme)> {
    let url = url.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '\\');
    let colon = url.find(':').filter(|colon| {
        url[..*colon]
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-*_.".contains(&byte))
    });
    let (mut scheme, mut rest) = (Scheme::None, url);
    if let Some(colon) = colon {
        let after = &url[colon + 1..];
        let slashes = after.trim_start_matches(['/', '\\']);
        if url[..colon].eq_ignore_ascii_case("mailto") {
            (scheme, rest) = (Scheme::Mail, after);
        } else if slashes.len() < after.len() {
            (scheme, rest) = (Scheme::Some, slashes);
        }
    } else if let Some(after) = url.strip_prefix("//") {
        (scheme, rest) = (Scheme::Some, after);
    } else if url.starts_with(['/', '\\']) {
        return None;
    }
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => {
            if scheme == Scheme::None {
                scheme = Scheme::Mail;
            }
            host
        }
        None => authority,
    };
    let host = host.split(':').next().unwrap_or_default();
    // Punctuation at the end of a sentence is not part of it.
    let host = host.trim_matches(|c: char| !c.is_alphanumeric());
    Host::parse(host).map(|host| (host, scheme))
}

/// Whether a name without a scheme is likely to be a link: if its top-level domain is known, or a path follows.
fn is_likely(host: &Host, written: &str) -> bool {
    let Some((before, _)) = host.name.rsplit_once('.') else {
        return false;
    };
    if !before.chars().any(char::is_alphabetic) {
        return false;
    }
    let top = host.top();
    let is_country = top.len() == 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_top_level(Some(top))
        || (host.name.starts_with("www.") && host.name.matches('.').count() >= 2)
        || (written.contains('/') && is_country && before.len() >= 2 && !FILE_EXTENSIONS.contains(&top))
}

fn is_top_level(label: Option<&str>) -> bool {
    label.is_some_and(|label| {
        TOP_LEVEL_DOMAINS.contains(&label.to_ascii_lowercase().as_str())
            || (label.starts_with("xn--") && label.len() > 4)
    })
}

/// Top-level domains (IANA's root zone) by which a name without a scheme is recognised: the common ones, without those
/// that are mostly words, abbreviations or file extensions.
const TOP_LEVEL_DOMAINS: [&str; 88] = [
    "academy", "ai", "app", "art", "at", "au", "be", "bet", "biz", "blog", "br", "bz", "ca", "casino", "ch",
    "click", "club", "cn", "co", "com", "cz", "de", "dev", "dk", "edu", "es", "eu", "fi", "finance", "fm",
    "fr", "fun", "gg", "gl", "gle", "gov", "gr", "guru", "hk", "icu", "ie", "il", "info", "ink", "io", "ir",
    "jp", "kr", "life", "link", "live", "ly", "me", "mil", "mobi", "mx", "net", "news", "nl", "nz", "online",
    "onion", "org", "pe", "porn", "pro", "ru", "sbs", "se", "sex", "shop", "site", "store", "tech", "tk",
    "top", "tv", "ua", "uk", "us", "vip", "website", "win", "work", "world", "xxx", "xyz", "za",
];

/// Country codes that are file extensions as often.
const FILE_EXTENSIONS: [&str; 24] = [
    "ai", "bz", "cc", "cs", "db", "go", "gz", "hs", "js", "kt", "lz", "md", "ml", "mk", "pl", "ps", "py",
    "rb", "rs", "sh", "so", "ts", "vb", "xz",
];
