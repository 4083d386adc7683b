//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use common::event::Timestamp;
use serde::Serialize;

use super::{Channel, Item};
use crate::error::PageError;

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: &'a str,
    description: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    icon: &'a str,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: String,
    url: &'a str,
    title: &'a str,
    /// Required, as text or HTML; the summary is text.
    content_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: Timestamp,
    date_modified: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<JsonAuthor<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
}

#[derive(Serialize)]
struct JsonAuthor<'a> {
    name: &'a str,
    url: &'a str,
}

pub(super) fn write(channel: &Channel) -> Result<String, PageError> {
    let feed = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &channel.title,
        description: &channel.description,
        home_page_url: &channel.home,
        feed_url: &channel.address,
        icon: &channel.icon,
        items: channel.items.iter().map(item).collect(),
    };
    serde_json::to_string(&feed).map_err(PageError::internal)
}

fn item(item: &Item) -> JsonItem<'_> {
    JsonItem {
        id: item.urn(),
        url: &item.address,
        title: &item.title,
        content_text: if item.summary.is_empty() {
            &item.title
        } else {
            &item.summary
        },
        image: item.image.as_deref(),
        date_published: item.published_at,
        date_modified: item.updated_at,
        authors: item
            .author
            .iter()
            .map(|author| JsonAuthor {
                name: &author.name,
                url: &author.address,
            })
            .collect(),
        tags: &item.tags,
    }
}
