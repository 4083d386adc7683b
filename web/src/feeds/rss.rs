//! RSS 2.0, with the elements that the RSS Advisory Board's profile recommends: a link to the feed itself, and authors in
//! Dublin Core, since the `author` of RSS is an e-mail address.

use common::event::Timestamp;
use jiff::fmt::rfc2822;
use quick_xml::escape::partial_escape;
use rss::{
    Category, Enclosure, Guid,
    extension::{atom::AtomExtension, dublincore::DublinCoreExtension},
};

use super::channel::{Channel, Item};
use crate::error::PageError;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";

pub(super) fn write(channel: &Channel) -> Result<String, PageError> {
    let self_link = rss::extension::atom::Link {
        href: channel.address.clone(),
        rel: "self".to_owned(),
        mime_type: Some("application/rss+xml".to_owned()),
        ..Default::default()
    };
    let written = rss::Channel {
        title: channel.title.clone(),
        link: channel.home.clone(),
        description: channel.description.clone(),
        last_build_date: date(channel.updated_at()),
        generator: Some("Inkstream".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        atom_ext: Some(AtomExtension {
            links: vec![self_link],
        }),
        namespaces: [("atom", ATOM), ("content", CONTENT), ("dc", DUBLIN_CORE)]
            .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()))
            .into(),
        items: channel.items.iter().map(item).collect(),
        ..rss::Channel::default()
    };
    let bytes = written.write_to(Vec::new()).map_err(PageError::internal)?;
    String::from_utf8(bytes).map_err(PageError::internal)
}

fn item(item: &Item) -> rss::Item {
    let creators = item.author.iter().map(|author| author.name.clone()).collect();
    let category = |tag: &String| Category {
        name: tag.clone(),
        domain: None,
    };
    rss::Item {
        title: Some(item.title.clone()),
        link: Some(item.address.clone()),
        // Readers parse a description as HTML, and a title as text.
        // Plain text, as HTML.
        description: Some(partial_escape(&item.summary).into_owned()),
        // The element is written as CDATA.
        content: item.html.as_ref().map(|html| html.replace("]]>", "]]&gt;")),
        enclosure: item.cover.as_ref().map(|cover| Enclosure {
            url: cover.address.clone(),
            // Unknown: 0, as the RSS Advisory Board's profile recommends.
            length: "0".to_owned(),
            mime_type: cover.media_type.to_owned(),
        }),
        categories: item.tags.iter().map(category).collect(),
        guid: Some(Guid {
            value: item.urn.clone(),
            permalink: false,
        }),
        pub_date: date(item.published_at),
        dublin_core_ext: Some(DublinCoreExtension {
            creators,
            languages: Vec::from_iter(item.language.clone()),
            ..DublinCoreExtension::default()
        }),
        ..rss::Item::default()
    }
}

/// A date in the format of RFC 822, as RSS requires.
fn date(time: Timestamp) -> Option<String> {
    let instant = jiff::Timestamp::from_second(time.as_secs()).ok()?;
    rfc2822::to_string(&instant.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}
