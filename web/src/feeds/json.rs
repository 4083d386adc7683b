//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use common::event::Timestamp;
use serde::Serialize;

use super::channel::{Channel, Item};
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
    id: &'a str,
    url: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    summary: &'a str,
    /// One of the two is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<JsonAttachment<'a>>,
    date_published: Timestamp,
    date_modified: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<JsonAuthor<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonAttachment<'a> {
    url: &'a str,
    mime_type: &'static str,
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
    let html = item.html.as_deref();
    let text = match item.summary.as_str() {
        "" => &item.title,
        summary => summary,
    };
    JsonItem {
        id: &item.urn,
        url: &item.address,
        title: &item.title,
        summary: &item.summary,
        content_html: html,
        content_text: html.is_none().then_some(text),
        image: item.cover.as_ref().map(|cover| cover.address.as_str()),
        attachments: Vec::from_iter(item.cover.as_ref().map(|cover| JsonAttachment {
            url: &cover.address,
            mime_type: cover.media_type,
        })),
        date_published: item.published_at,
        date_modified: item.updated_at,
        authors: Vec::from_iter(item.author.as_ref().map(|author| JsonAuthor {
            name: &author.name,
            url: &author.address,
        })),
        tags: &item.tags,
        language: item.language.as_deref(),
    }
}
