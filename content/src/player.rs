//! Players of other sites: readers get a link instead of a frame.

use ammonia::Url;

use crate::{builder::Builder, report::Part, tag::Tag, url::link_target};

/// The address of the page that a frame's address stands for.
type Page = fn(&Url) -> Option<String>;

/// The host of a frame (or a suffix of it), the name of the site, and where its page is.
const PLAYERS: [(&str, &str, Page); 14] = [
    ("youtube.com", "YouTube", youtube),
    ("youtube-nocookie.com", "YouTube", youtube),
    ("vimeo.com", "Vimeo", |url| {
        after(url, "/video/").map(|id| format!("https://vimeo.com/{id}"))
    }),
    ("dailymotion.com", "Dailymotion", |url| {
        after(url, "/embed/video/").map(|id| format!("https://www.dailymotion.com/video/{id}"))
    }),
    ("loom.com", "Loom", |url| {
        after(url, "/embed/").map(|id| format!("https://www.loom.com/share/{id}"))
    }),
    ("ted.com", "TED", |url| {
        after(url, "/talks/").map(|id| format!("https://www.ted.com/talks/{id}"))
    }),
    ("spotify.com", "Spotify", |url| replaced(url, "/embed/", "/")),
    ("soundcloud.com", "SoundCloud", parameter),
    ("bandcamp.com", "Bandcamp", same),
    ("twitch.tv", "Twitch", same),
    ("codepen.io", "CodePen", |url| replaced(url, "/embed/", "/pen/")),
    ("codesandbox.io", "CodeSandbox", |url| {
        replaced(url, "/embed/", "/s/")
    }),
    ("asciinema.org", "asciinema", |url| {
        url.path()
            .strip_suffix("/iframe")
            .map(|path| format!("https://asciinema.org{path}"))
    }),
    ("google.com", "Google Maps", |url| {
        url.path().starts_with("/maps").then(|| url.to_string())
    }),
];

/// Adds a link in place of a frame of a known player. Other frames are left out.
pub(crate) fn iframe(builder: &mut Builder, source: &str, title: &str) {
    let Some((name, page)) = page(source) else {
        return builder.report(Part::Element("iframe"));
    };
    builder.report(Part::Player(name));
    let title = title.trim();
    let words = match title.char_indices().nth(200) {
        _ if title.is_empty() => format!("Watch on {name}"),
        Some((end, _)) => format!("{name}: {}…", &title[..end]),
        None => format!("{name}: {title}"),
    };
    link(builder, page, &words);
}

/// Adds a link in place of an embedded recording.
pub(crate) fn media(builder: &mut Builder, source: &str) {
    if let Some(target) = link_target(source).filter(|target| !target.is_empty()) {
        builder.report(Part::Player("media"));
        link(builder, target, source);
        builder.text(" ");
    }
}

fn link(builder: &mut Builder, url: String, words: &str) {
    let handle = builder.open_with(Tag::A, [("href", url)]);
    builder.text(words);
    builder.close(handle);
}

fn page(source: &str) -> Option<(&'static str, String)> {
    let source = source.trim();
    let source = if source.starts_with("//") {
        format!("https:{source}")
    } else {
        source.to_owned()
    };
    let url = Url::parse(&source).ok()?;
    let host = url.host_str()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let of_site = |site: &str| {
        let before = host.strip_suffix(site);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let (_, name, page) = PLAYERS.iter().find(|(site, _, _)| of_site(site))?;
    page(&url).map(|page| (*name, page))
}

fn youtube(url: &Url) -> Option<String> {
    if let Some(list) = url
        .query_pairs()
        .find(|(name, _)| name == "list")
        .map(|(_, list)| list)
        && url.path().ends_with("/videoseries")
    {
        let list: String = list
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect();
        return Some(format!("https://www.youtube.com/playlist?list={list}"));
    }
    after(url, "/embed/").map(|id| format!("https://www.youtube.com/watch?v={id}"))
}

/// The element of the path after `prefix`.
fn after<'u>(url: &'u Url, prefix: &str) -> Option<&'u str> {
    let (_, rest) = url.path().split_once(prefix)?;
    rest.split('/').next().filter(|id| !id.is_empty())
}

fn replaced(url: &Url, from: &str, to: &str) -> Option<String> {
    let path = url.path();
    path.contains(from).then(|| {
        format!(
            "https://{}{}",
            url.host_str().unwrap_or_default(),
            path.replacen(from, to, 1)
        )
    })
}

/// The page in the parameter `url`, if it is one of the same site.
fn parameter(url: &Url) -> Option<String> {
    let (_, page) = url.query_pairs().find(|(name, _)| name == "url")?;
    let page = Url::parse(&page).ok()?;
    let own = page.scheme() == "https"
        && page
            .host_str()
            .is_some_and(|host| host.ends_with("soundcloud.com"));
    own.then(|| page.to_string())
}

fn same(url: &Url) -> Option<String> {
    Some(url.to_string())
}
