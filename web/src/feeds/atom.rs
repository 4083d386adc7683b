//! Atom (RFC 4287).

use atom_syndication::{Category, Entry, Feed, FixedDateTime, Generator, Link, Person as AtomPerson, Text};
use common::event::Timestamp;
use runtime::error::ApiError;

use super::{Channel, Item, Person};
use crate::failure::Failure;

pub(super) fn write(channel: &Channel) -> Result<String, Failure> {
    let feed = Feed {
        title: Text::plain(channel.title.clone()),
        subtitle: Some(Text::plain(channel.description.clone())),
        id: channel.address.clone(),
        updated: time(channel.updated_at())?,
        // An entry without an author of its own has this one (section 4.1.1).
        authors: vec![AtomPerson {
            name: channel.title.clone(),
            uri: Some(channel.home.clone()),
            ..AtomPerson::default()
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
    let bytes = feed.write_to(Vec::new()).map_err(ApiError::internal)?;
    Ok(String::from_utf8(bytes).map_err(ApiError::internal)?)
}

fn entry(item: &Item) -> Result<Entry, Failure> {
    let category = |tag: &String| Category {
        term: tag.clone(),
        ..Category::default()
    };
    Ok(Entry {
        title: Text::plain(item.title.clone()),
        id: item.urn(),
        updated: time(item.updated_at)?,
        published: Some(time(item.published_at)?),
        authors: item.author.iter().map(person).collect(),
        categories: item.tags.iter().map(category).collect(),
        links: vec![link("alternate", &item.address, Some("text/html"))],
        summary: Some(Text::plain(item.summary.clone())),
        ..Entry::default()
    })
}

fn person(person: &Person) -> AtomPerson {
    AtomPerson {
        name: person.name.clone(),
        uri: Some(person.address.clone()),
        ..AtomPerson::default()
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

fn time(time: Timestamp) -> Result<FixedDateTime, Failure> {
    let parsed: Result<FixedDateTime, _> = time.to_string().parse();
    // Its error is one of std's only with a feature of chrono that nothing here needs.
    Ok(parsed.map_err(|error| ApiError::internal(format!("{time} as a time of Atom: {error}")))?)
}
