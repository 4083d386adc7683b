//! A feed, independent of the format. All addresses are absolute.

use common::{
    api::query::{FeedEntry, PostSummary},
    event::Timestamp,
};

use crate::{
    links::{DisplayName as _, PagePath as _},
    state::Site,
};

#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(super) title: String,
    pub(super) description: String,
    /// The address of the page.
    pub(super) home: String,
    /// The address of the feed.
    pub(super) address: String,
    pub(super) icon: String,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The permanent id.
    pub(super) urn: String,
    pub(super) address: String,
    pub(super) title: String,
    /// Plain text.
    pub(super) summary: String,
    /// The whole post; absent in a feed of excerpts, and if the newer posts fill the feed.
    pub(super) html: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) published_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) tags: Vec<String>,
    /// As a BCP 47 tag.
    pub(super) language: Option<String>,
    pub(super) cover: Option<Cover>,
}

#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) address: String,
}

#[derive(Debug, Clone)]
pub(super) struct Cover {
    pub(super) address: String,
    pub(super) media_type: &'static str,
}

impl Channel {
    /// The time of the last change; the Unix epoch for an empty feed, so that the feed does not change.
    pub(super) fn updated_at(&self) -> Timestamp {
        let newest = self.items.iter().map(|item| item.updated_at).max();
        newest
            .or_else(|| Timestamp::from_millis(0))
            .unwrap_or_else(Timestamp::now)
    }
}

impl Item {
    /// The item of a post; without its text if `excerpt`.
    pub(super) fn new(site: &Site, entry: &FeedEntry, excerpt: bool) -> Self {
        let post = &entry.summary;
        let address = format!("{}{}", site.url, post.path());
        let html = entry.html.as_deref().filter(|_| !excerpt);
        Self {
            urn: format!("urn:uuid:{}", post.id),
            html: html.map(|html| text(&with_absolute_addresses(html, &site.url, &address))),
            title: text(&post.title),
            summary: text(&post.summary),
            author: post.author.as_ref().map(|author| Author {
                name: text(author.display_name()),
                address: format!("{}{}", site.url, author.path()),
            }),
            published_at: post.published_at,
            updated_at: post.updated_at.max(post.published_at),
            tags: post.tags.iter().map(|tag| text(tag)).collect(),
            language: post.language.clone(),
            cover: cover(site, post),
            address,
        }
    }
}

fn cover(site: &Site, post: &PostSummary) -> Option<Cover> {
    let cover = text(post.cover.as_deref()?);
    let path = cover.split(['?', '#']).next().unwrap_or_default();
    let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let media_type = match extension.as_str() {
        "avif" => "image/avif",
        "gif" => "image/gif",
        "jpeg" | "jpg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        _ => "image/*",
    };
    let address = if cover.starts_with('/') {
        format!("{}{cover}", site.url)
    } else {
        cover
    };
    Some(Cover { address, media_type })
}

/// Readers show a text outside of this site: its links and images get absolute addresses, and those within the text lead
/// to the page of the post. `html` is serialized by the sanitizer, so that attribute values are in double quotes.
fn with_absolute_addresses(html: &str, site: &str, post: &str) -> String {
    let mut out = String::with_capacity(html.len() + 256);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = end_of_tag(&rest[start..]).map_or(rest.len(), |end| start + end);
        let mut tag = rest[start..end].to_owned();
        for name in ["href", "src", "cite"] {
            tag = tag
                .replace(&format!(" {name}=\"/"), &format!(" {name}=\"{site}/"))
                .replace(&format!(" {name}=\"#"), &format!(" {name}=\"{post}#"));
        }
        out.push_str(&tag);
        rest = &rest[end..];
    }
    out + rest
}

/// The length of the tag at the beginning of `html`; its attribute values may contain `>`.
fn end_of_tag(html: &str) -> Option<usize> {
    let mut quoted = false;
    let end = html.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    end.map(|end| end + 1)
}

/// Removes the characters that XML does not allow (XML 1.0, production 2).
pub(super) fn text(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_text_are_absolute() {
        let html = "<p>a<a title=\"x > href=\" href=\"/p/b\">b</a> <a href=\"#c\">c</a> href=\"/d\" \
                    <img src=\"/e.png\" alt=\"\"><a href=\"https://f/\">f</a>";
        assert_eq!(
            with_absolute_addresses(html, "https://blog", "https://blog/p/a"),
            "<p>a<a title=\"x > href=\" href=\"https://blog/p/b\">b</a> <a href=\"https://blog/p/a#c\">c</a> \
             href=\"/d\" <img src=\"https://blog/e.png\" alt=\"\"><a href=\"https://f/\">f</a>"
        );
    }
}
