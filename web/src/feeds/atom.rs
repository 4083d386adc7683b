//! Atom (RFC 4287).

use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use common::event::Timestamp;

use super::channel::{Author, Channel, Item};
use crate::error::PageError;

pub(super) fn write(channel: &Channel) -> Result<String, PageError> {
    let feed = Feed {
        title: Text::plain(channel.title.clone()),
        subtitle: Some(Text::plain(channel.description.clone())),
        id: channel.address.clone(),
        updated: time(channel.updated_at())?,
        // The author of entries without an author (section 4.1.1).
        authors: vec![Person {
            name: channel.title.clone(),
            uri: Some(channel.home.clone()),
            ..Person::default()
        }],
        links: vec![
            link("self", &channel.address, Some("application/atom+xml")),
            link("alternate", &channel.home, Some("text/html")),
        ],
        icon: Some(channel.icon.clone()),
        generator: Some(Generator {
            value: "Inkstream".to_owned(),
            uri: None,
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        entries: channel.items.iter().map(entry).collect::<Result<_, _>>()?,
        ..Feed::default()
    };
    let bytes = feed.write_to(Vec::new()).map_err(PageError::internal)?;
    String::from_utf8(bytes).map_err(PageError::internal)
}

fn entry(item: &Item) -> Result<Entry, PageError> {
    let category = |tag: &String| Category {
        term: tag.clone(),
        ..Category::default()
    };
    let cover = item.cover.as_ref();
    Ok(Entry {
        title: text(item, &item.title),
        id: item.urn.clone(),
        updated: time(item.updated_at)?,
        published: Some(time(item.published_at)?),
        authors: item.author.iter().map(person).collect(),
        categories: item.tags.iter().map(category).collect(),
        links: [link("alternate", &item.address, Some("text/html"))]
            .into_iter()
            .chain(cover.map(|cover| link("enclosure", &cover.address, Some(cover.media_type))))
            .collect(),
        summary: Some(text(item, &item.summary)),
        content: item.html.clone().map(|html| Content {
            value: Some(html),
            content_type: Some("html".to_owned()),
            lang: item.language.clone(),
            ..Content::default()
        }),
        ..Entry::default()
    })
}

/// Plain text in the language of the post.
fn text(item: &Item, text: &str) -> Text {
    Text {
        lang: item.language.clone(),
        ..Text::plain(text)
    }
}

fn person(author: &Author) -> Person {
    Person {
        name: author.name.clone(),
        uri: Some(author.address.clone()),
        ..Person::default()
    }
}

fn link(rel: &str, href: &str, mime_type: Option<&str>) -> Link {
    Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        mime_type: mime_type.map(str::to_owned),
        ..Link::default()
    }
}

fn time(time: Timestamp) -> Result<FixedDateTime, PageError> {
    let parsed: Result<FixedDateTime, _> = time.to_string().parse();
    // Its error implements `std::error::Error` only with a feature of chrono that is not enabled.
    parsed.map_err(|error| PageError::internal(format!("{time} as an Atom date: {error}")))
}
