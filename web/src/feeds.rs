//! Feeds of all posts, of one author and of one tag, as Atom, RSS and JSON Feed. They contain the newest posts with their
//! summaries. The ids of entries never change, also when titles and addresses do.

mod atom;
mod json;
mod rss;
#[cfg(test)]
mod tests;

use axum::{extract::Path, http::StatusCode, response::Response};
use common::{
    api::query::{PostFilter, PostSummary},
    event::Timestamp,
    ids::PostId,
};

use crate::{
    document::{Audience, Document},
    error::{PageError, PageResult},
    links::{DisplayName as _, PagePath as _},
    request::PageRequest,
    url::segment,
};

/// A feed, independent of the format. All addresses are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    title: String,
    description: String,
    /// The address of the page.
    home: String,
    /// The address of the feed.
    address: String,
    icon: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    id: PostId,
    address: String,
    title: String,
    summary: String,
    author: Option<Author>,
    published_at: Timestamp,
    updated_at: Timestamp,
    tags: Vec<String>,
    image: Option<String>,
}

#[derive(Debug, Clone)]
struct Author {
    name: String,
    address: String,
}

impl Channel {
    /// The time of the last change; the Unix epoch for an empty feed, so that the feed does not change.
    fn updated_at(&self) -> Timestamp {
        let newest = self.items.iter().map(|item| item.updated_at).max();
        newest
            .or_else(|| Timestamp::from_millis(0))
            .unwrap_or_else(Timestamp::now)
    }
}

impl Item {
    /// The permanent id.
    fn urn(&self) -> String {
        format!("urn:uuid:{}", self.id)
    }
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Atom,
    Rss,
    Json,
}

impl Format {
    fn from_extension(extension: &str) -> Option<Self> {
        match extension {
            "atom" => Some(Self::Atom),
            "rss" => Some(Self::Rss),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }

    fn write(self, channel: &Channel) -> Result<String, PageError> {
        match self {
            Self::Atom => atom::write(channel),
            Self::Rss => rss::write(channel),
            Self::Json => json::write(channel),
        }
    }
}

/// The content of a feed.
struct Scope {
    filter: PostFilter,
    title: String,
    description: String,
    /// The path of the page; the feed is below it.
    path: String,
}

/// `GET /feed.{format}`
pub async fn all(request: PageRequest, Path(format): Path<String>) -> PageResult {
    let site = request.site();
    let scope = Scope {
        filter: PostFilter::default(),
        title: site.name.clone(),
        description: site.description.clone(),
        path: String::new(),
    };
    feed(&request, scope, &format).await
}

/// `GET /@{username}/feed.{format}`
pub async fn of_author(request: PageRequest, Path((username, format)): Path<(String, String)>) -> PageResult {
    let profile = request.api().profile(&username).await;
    let author = profile.map_err(|error| PageError::not_found(error, "user"))?;
    let scope = Scope {
        filter: PostFilter {
            author: Some(username),
            ..PostFilter::default()
        },
        title: format!("{} · {}", author.display_name(), request.site().name),
        description: format!("Posts by {}.", author.display_name()),
        path: author.path(),
    };
    feed(&request, scope, &format).await
}

/// `GET /tags/{tag}/feed.{format}`
pub async fn of_tag(request: PageRequest, Path((tag, format)): Path<(String, String)>) -> PageResult {
    let folded = common::tag::key(&tag);
    let scope = Scope {
        filter: PostFilter {
            tag: Some(tag),
            ..PostFilter::default()
        },
        title: format!("{folded} · {}", request.site().name),
        description: format!("Posts tagged {folded}."),
        path: format!("/tags/{}", segment(&folded)),
    };
    feed(&request, scope, &format).await
}

async fn feed(request: &PageRequest, scope: Scope, format: &str) -> PageResult {
    let kind = Format::from_extension(format).ok_or(PageError::NotFound("feed"))?;
    let posts = request.api().posts(&scope.filter, None).await?;
    let url = &request.site().url;
    let channel = Channel {
        title: text(&scope.title),
        description: text(&scope.description),
        home: format!("{url}{}", if scope.path.is_empty() { "/" } else { &scope.path }),
        address: format!("{url}{}/feed.{format}", scope.path),
        icon: format!("{url}/favicon.svg"),
        items: posts.items.iter().map(|post| item(url, post)).collect(),
    };
    respond(request, kind, &channel).await
}

async fn respond(request: &PageRequest, kind: Format, channel: &Channel) -> Result<Response, PageError> {
    let document = Document {
        content_type: kind.content_type(),
        body: kind.write(channel)?,
        audience: Audience::Programs,
        last_modified: Some(channel.updated_at()),
    };
    Ok(document.respond(StatusCode::OK, request.headers()).await)
}

fn item(url: &str, post: &PostSummary) -> Item {
    let absolute = |address: &String| {
        if address.starts_with('/') {
            format!("{url}{address}")
        } else {
            address.clone()
        }
    };
    Item {
        id: post.id,
        address: format!("{url}{}", post.path()),
        title: text(&post.title),
        summary: text(&post.summary),
        author: post.author.as_ref().map(|author| Author {
            name: text(author.display_name()),
            address: format!("{url}{}", author.path()),
        }),
        published_at: post.published_at,
        updated_at: post.updated_at.max(post.published_at),
        tags: post.tags.iter().map(|tag| text(tag)).collect(),
        image: post.cover.as_ref().map(absolute),
    }
}

/// Removes the characters that XML does not allow (XML 1.0, production 2).
fn text(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}
