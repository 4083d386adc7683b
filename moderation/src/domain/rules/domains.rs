//! Domains: as they are listed, and as they stand in a link, disguised or not.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::letters::{Folder, Kind};

/// The longest domain, in bytes (RFC 1035, section 2.3.4).
const MAX_BYTES: usize = 253;

/// A host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// Small, in Unicode where it is internationalised, without a dot at the end.
    pub(super) name: String,
    /// What it looks like, if that is something else.
    alike: Option<String>,
}

impl Host {
    /// What a moderator may list: two labels or more, no scheme, no path.
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
        let alike = alike(name);
        Some(Self {
            alike: (alike != name).then_some(alike),
            name: name.to_owned(),
        })
    }

    /// Its last label.
    pub(super) fn top(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// In plain Latin letters, `0` and `1` read as the letters they pass for.
fn alike(name: &str) -> String {
    let folder = Folder::new();
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '0' => plain.push('o'),
            '1' => plain.push('l'),
            _ if c.is_ascii() => plain.push(c),
            _ => {
                let folded = folder.fold(c);
                match folded.alike {
                    '\0' => plain.extend(folded.letters.iter().filter(|c| **c != '\0')),
                    alike => plain.push(alike),
                }
            }
        }
    }
    plain
}

/// Listed domains, each with whose it is.
#[derive(Debug, Default)]
pub(super) struct Domains<T> {
    exact: HashMap<String, T>,
    alike: HashMap<String, T>,
}

impl<T: Copy> Domains<T> {
    /// The first to list a domain keeps it.
    pub(super) fn add(&mut self, host: Host, whose: T) {
        let alike = host.alike.unwrap_or_else(|| host.name.clone());
        self.alike.entry(alike).or_insert(whose);
        self.exact.entry(host.name).or_insert(whose);
    }

    /// Who listed it or a domain it is part of.
    pub(super) fn find(&self, host: &Host) -> Option<T> {
        parents(&host.name).find_map(|name| self.exact.get(name).copied())
    }

    /// Who listed what it is not, and looks like.
    pub(super) fn find_alike(&self, host: &Host) -> Option<T> {
        parents(host.alike.as_deref()?).find_map(|name| self.alike.get(name).copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }
}

/// A name and all it is part of, without the last label alone.
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
    fn a_domain_is_found_with_all_its_subdomains() {
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
    fn a_look_alike_is_known_and_the_original_of_one_is_not_blamed() {
        let paypal = domains(&["paypal.com"]);
        for name in ["paypa1.com", "раураl.com", "xn--pypal-4ve.com", "www.pàypal.com"] {
            let host = Host::parse(name).unwrap();
            assert_eq!(paypal.find(&host), None, "{name}");
            assert_eq!(paypal.find_alike(&host), Some("paypal.com"), "{name}");
        }
        let original = Host::parse("paypal.com").unwrap();
        assert_eq!(domains(&["paypa1.com"]).find_alike(&original), None);
    }

    #[test]
    fn what_is_no_domain_is_not_listed() {
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
