//! Feeds: of all posts, of one author, of one tag; as Atom, RSS and JSON Feed. They hold the newest posts with their
//! summaries; ids are the posts' own and never change, whatever becomes of titles and addresses.

mod atom;
mod json;
mod rss;
#[cfg(test)]
mod tests;

use axum::{extract::Path, http::StatusCode, response::Response};
use common::{event::Timestamp, ids::PostId};

use crate::{
    api::{
        reading::{PostFilter, PostSummary},
        segment,
    },
    document::{Audience, Document},
    failure::{Failure, PageResult},
    visit::Visit,
};

/// A feed, before it is written in one of the formats. All addresses are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    title: String,
    description: String,
    /// The page that it is the feed of.
    home: String,
    /// Its own address.
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
    author: Option<Person>,
    published_at: Timestamp,
    updated_at: Timestamp,
    tags: Vec<String>,
    image: Option<String>,
}

#[derive(Debug, Clone)]
struct Person {
    name: String,
    address: String,
}

impl Channel {
    /// When anything in it changed last; of an empty feed the beginning of time, so that it is always the same.
    fn updated_at(&self) -> Timestamp {
        let newest = self.items.iter().map(|item| item.updated_at).max();
        newest
            .or_else(|| Timestamp::from_millis(0))
            .unwrap_or_else(Timestamp::now)
    }
}

impl Item {
    /// The name that it keeps for ever.
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
    fn named(ending: &str) -> Option<Self> {
        match ending {
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

    fn write(self, channel: &Channel) -> Result<String, Failure> {
        match self {
            Self::Atom => atom::write(channel),
            Self::Rss => rss::write(channel),
            Self::Json => json::write(channel),
        }
    }
}

/// What a feed is of.
struct Scope<'a> {
    filter: PostFilter<'a>,
    title: String,
    description: String,
    /// The path of its page; the feed lies below it.
    path: String,
}

/// `GET /feed.{format}`
pub async fn all(visit: Visit, Path(format): Path<String>) -> PageResult {
    let site = visit.site();
    let scope = Scope {
        filter: PostFilter::default(),
        title: site.name.clone(),
        description: site.description.clone(),
        path: String::new(),
    };
    feed(&visit, scope, &format).await
}

/// `GET /@{username}/feed.{format}`
pub async fn of_author(visit: Visit, Path((username, format)): Path<(String, String)>) -> PageResult {
    let profile = match visit.api().profile(&username).await {
        Ok(profile) => profile.value,
        Err(trouble) if trouble.is("not_found") => return Err(Failure::NotFound("user")),
        Err(trouble) => return Err(trouble.into()),
    };
    let author = profile.author();
    let scope = Scope {
        filter: PostFilter {
            author: Some(&username),
            ..PostFilter::default()
        },
        title: format!("{} · {}", author.shown(), visit.site().name),
        description: format!("Posts by {}.", author.shown()),
        path: author.path(),
    };
    feed(&visit, scope, &format).await
}

/// `GET /tags/{tag}/feed.{format}`
pub async fn of_tag(visit: Visit, Path((tag, format)): Path<(String, String)>) -> PageResult {
    let folded = tag.to_lowercase();
    let scope = Scope {
        filter: PostFilter {
            tag: Some(&tag),
            ..PostFilter::default()
        },
        title: format!("{folded} · {}", visit.site().name),
        description: format!("Posts tagged {folded}."),
        path: format!("/tags/{}", segment(&folded)),
    };
    feed(&visit, scope, &format).await
}

async fn feed(visit: &Visit, scope: Scope<'_>, format: &str) -> PageResult {
    let kind = Format::named(format).ok_or(Failure::NotFound("feed"))?;
    let posts = visit.api().posts(scope.filter, None).await?.value;
    let url = &visit.site().url;
    let channel = Channel {
        title: text(&scope.title),
        description: text(&scope.description),
        home: format!("{url}{}", if scope.path.is_empty() { "/" } else { &scope.path }),
        address: format!("{url}{}/feed.{format}", scope.path),
        icon: format!("{url}/favicon.svg"),
        items: posts.items.iter().map(|post| item(url, post)).collect(),
    };
    answer(visit, kind, &channel).await
}

async fn answer(visit: &Visit, kind: Format, channel: &Channel) -> Result<Response, Failure> {
    let document = Document {
        content_type: kind.content_type(),
        body: kind.write(channel)?,
        audience: Audience::Programs,
        last_modified: Some(channel.updated_at()),
    };
    Ok(document.respond(StatusCode::OK, visit.headers()).await)
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
        author: post.author.as_ref().map(|author| Person {
            name: text(author.shown()),
            address: format!("{url}{}", author.path()),
        }),
        published_at: post.published_at,
        updated_at: post.updated_at.max(post.published_at),
        tags: post.tags.iter().map(|tag| text(tag)).collect(),
        image: post.cover.as_ref().map(absolute),
    }
}

/// Without the characters that XML cannot hold, escaped or not (XML 1.0, production 2).
fn text(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}
