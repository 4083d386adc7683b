//! Domains: of the lists, and of links, disguised or not.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::letters::{Folder, Kind};

/// The maximum length of a domain, in bytes (RFC 1035, section 2.3.4).
const MAX_BYTES: usize = 253;

/// A host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// In lower case, in Unicode if it is internationalised, without a trailing dot.
    pub(super) name: String,
    /// What it looks like, if that is another name.
    lookalike: Option<String>,
}

impl Host {
    /// An entry of a list: two labels or more, no scheme, no path.
    pub(super) fn listed(text: &str) -> Option<Self> {
        let text = text.strip_prefix("*.").unwrap_or(text);
        Self::parse(text).filter(|host| host.name.contains('.'))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let name = if text.is_ascii() && !text.to_ascii_lowercase().contains("xn--") {
            text.to_ascii_lowercase()
        } else {
            let folder = Folder::new();
            let visible: String = text
                .chars()
                .filter(|c| folder.fold(*c).kind != Kind::Nothing)
                .collect();
            idna::domain_to_unicode(&visible.nfkc().collect::<String>()).0
        };
        let name = name.trim_end_matches('.');
        let good = |label: &str| {
            !label.is_empty()
                && label.len() <= 4 * 63
                && label.chars().all(|c| {
                    c == '-'
                        || c == '_'
                        || c.is_alphanumeric()
                        || !c.is_ascii() && !c.is_whitespace() && !c.is_control()
                })
        };
        if name.is_empty() || name.len() > MAX_BYTES || !name.split('.').all(good) {
            return None;
        }
        let lookalike = lookalike(name);
        Some(Self {
            lookalike: (lookalike != name).then_some(lookalike),
            name: name.to_owned(),
        })
    }

    /// The last label.
    pub(super) fn top(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// The name in plain Latin letters, with `0` and `1` read as the letters they look like.
fn lookalike(name: &str) -> String {
    let folder = Folder::new();
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '0' => plain.push('o'),
            '1' => plain.push('l'),
            _ if c.is_ascii() => plain.push(c),
            _ => {
                let folded = folder.fold(c);
                match folded.lookalike {
                    '\0' => plain.extend(folded.letters.iter().filter(|c| **c != '\0')),
                    lookalike => plain.push(lookalike),
                }
            }
        }
    }
    plain
}

/// Listed domains, each with its owner.
#[derive(Debug, Default)]
pub(super) struct Domains<T> {
    exact: HashMap<String, T>,
    lookalikes: HashMap<String, T>,
}

impl<T: Copy> Domains<T> {
    /// The first owner of a domain keeps it.
    pub(super) fn add(&mut self, host: Host, owner: T) {
        let lookalike = host.lookalike.unwrap_or_else(|| host.name.clone());
        self.lookalikes.entry(lookalike).or_insert(owner);
        self.exact.entry(host.name).or_insert(owner);
    }

    /// The owner of the domain, or of a domain that it is a subdomain of.
    pub(super) fn find(&self, host: &Host) -> Option<T> {
        parents(&host.name).find_map(|name| self.exact.get(name).copied())
    }

    /// The owner of a domain that it looks like and is not.
    pub(super) fn find_lookalike(&self, host: &Host) -> Option<T> {
        parents(host.lookalike.as_deref()?).find_map(|name| self.lookalikes.get(name).copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }
}

/// The name and its parent domains, except the top-level one.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    let dots = name.match_indices('.').map(|(index, _)| &name[index + 1..]);
    std::iter::once(name)
        .chain(dots)
        .filter(|name| name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(names: &[&'static str]) -> Domains<&'static str> {
        let mut domains = Domains::default();
        for name in names {
            domains.add(Host::listed(name).unwrap(), *name);
        }
        domains
    }

    #[test]
    fn a_domain_matches_with_all_its_subdomains() {
        let domains = domains(&["example.com", "münchen.example"]);
        for (name, expected) in [
            ("example.com", Some("example.com")),
            ("EXAMPLE.com.", Some("example.com")),
            ("a.b.example.com", Some("example.com")),
            ("badexample.com", None),
            ("example.com.net", None),
            ("com", None),
            ("xn--mnchen-3ya.example", Some("münchen.example")),
            ("www.MÜNCHEN.example", Some("münchen.example")),
        ] {
            assert_eq!(domains.find(&Host::parse(name).unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn a_look_alike_matches_and_the_original_of_a_listed_look_alike_does_not() {
        let paypal = domains(&["paypal.com"]);
        for name in ["paypa1.com", "раураl.com", "xn--pypal-4ve.com", "www.pàypal.com"] {
            let host = Host::parse(name).unwrap();
            assert_eq!(paypal.find(&host), None, "{name}");
            assert_eq!(paypal.find_lookalike(&host), Some("paypal.com"), "{name}");
        }
        let original = Host::parse("paypal.com").unwrap();
        assert_eq!(domains(&["paypa1.com"]).find_lookalike(&original), None);
    }

    #[test]
    fn an_invalid_domain_cannot_be_listed() {
        for text in [
            "",
            "com",
            "http://example.com",
            "example.com/x",
            "a b.com",
            ".",
            "exa..mple",
            "a,b.c",
        ] {
            assert_eq!(Host::listed(text), None, "{text}");
        }
    }
}
