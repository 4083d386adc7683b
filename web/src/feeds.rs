//! Feeds of all posts, of one author and of one tag, as Atom, RSS and JSON Feed. They contain the newest posts in full, or
//! their summaries. The ids of entries never change, also when titles and addresses do.

mod atom;
mod channel;
mod json;
mod rss;
#[cfg(test)]
mod tests;

use axum::{extract::Path, http::StatusCode};
use common::api::query::PostFilter;

use self::channel::{Channel, Item, text};
use crate::{
    config::FeedContent,
    document::{Audience, Document},
    error::{PageError, PageResult},
    links::{DisplayName as _, PagePath as _},
    request::PageRequest,
    url::segment,
};

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
    let folded = tag.to_lowercase();
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
    let posts = request.api().feed(&scope.filter).await?;
    let site = request.site();
    let url = &site.url;
    let item = |entry| Item::new(site, entry, site.feed_content == FeedContent::Excerpt);
    let channel = Channel {
        title: text(&scope.title),
        description: text(&scope.description),
        home: format!("{url}{}", if scope.path.is_empty() { "/" } else { &scope.path }),
        address: format!("{url}{}/feed.{format}", scope.path),
        icon: format!("{url}/favicon.svg"),
        items: posts.items.iter().map(item).collect(),
    };
    let document = Document {
        content_type: kind.content_type(),
        body: kind.write(&channel)?,
        audience: Audience::Programs,
        last_modified: Some(channel.updated_at()),
    };
    Ok(document.respond(StatusCode::OK, request.headers()).await)
}
