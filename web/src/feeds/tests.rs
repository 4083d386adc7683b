//! Each format is parsed by independent readers and validated.

use ::rss::validation::Validate as _;
use feed_rs::model::FeedType;

use super::{
    channel::{Author, Cover},
    *,
};

fn channel() -> Channel {
    let item = |number: u8, title: &str, author: Option<&str>| Item {
        urn: format!("urn:uuid:01890a5d-ac96-774b-bcce-b3020000000{number}"),
        address: format!("https://blog.example.org/p/post-{number}"),
        title: text(title),
        summary: text("What it says, <b>in short</b> & clear ]]>."),
        author: author.map(|name| Author {
            name: name.to_owned(),
            address: format!("https://blog.example.org/@{}", segment(name)),
        }),
        published_at: "2026-03-12T09:30:00Z".parse().unwrap(),
        updated_at: format!("2026-03-1{number}T10:00:00.123Z").parse().unwrap(),
        tags: vec!["rust".to_owned(), "größe".to_owned()],
        language: author.map(|_| "de-AT".to_owned()),
        html: author.map(|_| "<p>All of it ]]&gt; &amp; <a title=\"]]>\">more</a></p>".to_owned()),
        cover: Some(Cover {
            address: "https://images.example.org/a.jpg?x=1&y=2".to_owned(),
            media_type: "image/jpeg",
        }),
    };
    Channel {
        title: "Ink & stream".to_owned(),
        description: "About <ink>.".to_owned(),
        home: "https://blog.example.org/".to_owned(),
        address: "https://blog.example.org/feed".to_owned(),
        icon: "https://blog.example.org/favicon.svg".to_owned(),
        items: vec![
            item(3, "Ampersands & <tags> \u{0B}\u{FFFF}", Some("Ann & Bob")),
            item(4, "العربية 田中 🦀", None),
        ],
    }
}

fn empty() -> Channel {
    Channel {
        items: Vec::new(),
        ..channel()
    }
}

fn parsed(format: Format, channel: &Channel) -> feed_rs::model::Feed {
    let written = format.write(channel).unwrap();
    feed_rs::parser::parse(written.as_bytes()).unwrap_or_else(|error| panic!("{error}: {written}"))
}

#[test]
fn every_format_can_be_parsed() {
    for (format, kind) in [
        (Format::Atom, FeedType::Atom),
        (Format::Rss, FeedType::RSS2),
        (Format::Json, FeedType::JSON),
    ] {
        let feed = parsed(format, &channel());
        assert_eq!(feed.feed_type, kind);
        assert_eq!(feed.title.unwrap().content, "Ink & stream", "{format:?}");
        let ids: Vec<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "urn:uuid:01890a5d-ac96-774b-bcce-b30200000003",
                "urn:uuid:01890a5d-ac96-774b-bcce-b30200000004"
            ],
            "{format:?}"
        );
        let entry = &feed.entries[0];
        assert_eq!(
            entry.title.as_ref().unwrap().content.trim_end(),
            "Ampersands & <tags>",
            "{format:?}"
        );
        assert_eq!(entry.links[0].href, "https://blog.example.org/p/post-3");
        assert_eq!(entry.published.unwrap().to_rfc3339(), "2026-03-12T09:30:00+00:00");
        assert_eq!(entry.authors[0].name, "Ann & Bob");
        let content = entry.content.as_ref().unwrap().body.as_deref().unwrap();
        assert!(
            content.contains("<p>All of it ]]&gt; &amp; <a"),
            "{format:?}: {content}"
        );
        let tags: Vec<&str> = entry.categories.iter().map(|tag| tag.term.as_str()).collect();
        assert_eq!(tags, ["rust", "größe"], "{format:?}");
    }
    assert!(Format::from_extension("xml").is_none());
}

#[test]
fn every_format_names_the_language_of_a_post() {
    let atom = Format::Atom.write(&channel()).unwrap();
    assert_eq!(atom.matches("xml:lang=\"de-AT\"").count(), 3, "{atom}");
    let rss = Format::Rss.write(&channel()).unwrap();
    assert_eq!(
        rss.matches("<dc:language>de-AT</dc:language>").count(),
        1,
        "{rss}"
    );
    let json: serde_json::Value = serde_json::from_str(&Format::Json.write(&channel()).unwrap()).unwrap();
    assert_eq!(json["items"][0]["language"], "de-AT");
    assert_eq!(json["items"][1].get("language"), None);
}

#[test]
fn atom_has_all_required_elements() {
    for channel in [channel(), empty()] {
        let written = Format::Atom.write(&channel).unwrap();
        let feed = atom_syndication::Feed::read_from(written.as_bytes()).unwrap();
        let links: Vec<(&str, &str)> = feed
            .links
            .iter()
            .map(|link| (link.rel.as_str(), link.href.as_str()))
            .collect();
        assert_eq!(
            links,
            [
                ("self", "https://blog.example.org/feed"),
                ("alternate", "https://blog.example.org/")
            ]
        );
        assert_eq!(feed.authors.len(), 1);
        let newest = feed.entries.iter().map(|entry| entry.updated).max();
        assert!(newest.is_none_or(|newest| feed.updated == newest));
        for entry in &feed.entries {
            assert!(entry.published.unwrap() <= entry.updated);
            assert!(entry.summary.is_some());
            let cover = entry.links.iter().find(|link| link.rel == "enclosure").unwrap();
            assert_eq!(cover.href, "https://images.example.org/a.jpg?x=1&y=2");
        }
    }
}

#[test]
fn rss_is_valid() {
    for channel in [channel(), empty()] {
        let written = Format::Rss.write(&channel).unwrap();
        let feed = ::rss::Channel::read_from(written.as_bytes()).unwrap();
        let mut checked = feed.clone();
        for enclosure in checked
            .items
            .iter_mut()
            .filter_map(|item| item.enclosure.as_mut())
        {
            // Unknown, which is permitted but not by this validator.
            assert_eq!(std::mem::replace(&mut enclosure.length, "1".to_owned()), "0");
        }
        checked
            .validate()
            .unwrap_or_else(|error| panic!("{error}: {written}"));
        assert_eq!(
            feed.atom_ext().unwrap().links[0].href,
            "https://blog.example.org/feed"
        );
        for item in feed.items() {
            assert!(!item.guid().unwrap().is_permalink());
            assert_eq!(item.enclosure().unwrap().mime_type(), "image/jpeg");
        }
        // As recommended by the profile of the RSS Advisory Board.
        let date = feed.last_build_date().unwrap();
        assert!(date.ends_with(" +0000") || date.ends_with(" GMT"), "{date}");
    }
}

#[test]
fn json_has_the_members_of_version_1_1() {
    let written = Format::Json.write(&channel()).unwrap();
    let feed: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["feed_url"], "https://blog.example.org/feed");
    assert_eq!(
        feed["items"][0]["image"],
        "https://images.example.org/a.jpg?x=1&y=2"
    );
    assert_eq!(feed["items"][0]["attachments"][0]["mime_type"], "image/jpeg");
    assert!(feed["items"][0]["content_html"].is_string() && feed["items"][0].get("content_text").is_none());
    assert!(feed["items"][1]["content_text"].is_string() && feed["items"][1].get("content_html").is_none());
    assert!(feed["items"][1].get("authors").is_none());
    assert_eq!(feed["items"][0]["date_modified"], "2026-03-13T10:00:00.123Z");
}
