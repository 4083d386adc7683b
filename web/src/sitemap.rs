//! `sitemap.xml`: an index with one part for each month that has posts, and one for the fixed pages.
//!
//! Source: <https://www.sitemaps.org/protocol.html>.

use std::fmt::Write as _;

use axum::{extract::Path, http::StatusCode, response::Response};
use common::api::query::{Month, SitemapFilter};
use jiff::{ToSpan as _, civil::Date};
use quick_xml::escape::escape;

use crate::{
    document::{Audience, Document},
    error::{PageError, PageResult},
    request::PageRequest,
    url::segment,
};

/// A month with more posts has one part for each day.
const MONTH_POSTS: u32 = 1_000;
/// The most posts of one part; of a day with more, the newest.
const PART_POSTS: usize = 5_000;
/// The most parts of the index; the protocol allows 50,000.
const PARTS: usize = 5_000;
/// The most pages of the archive, with 100 months each.
const ARCHIVE_PAGES: usize = 10;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// `GET /sitemap.xml`
pub async fn index(request: PageRequest) -> PageResult {
    let mut parts = vec!["pages".to_owned()];
    let mut after = None;
    for _ in 0..ARCHIVE_PAGES {
        let months = request.api().archive(after.as_deref()).await?;
        parts.extend(months.items.iter().flat_map(parts_of));
        after = months.next;
        if after.is_none() {
            break;
        }
    }
    parts.truncate(PARTS);
    let url = &request.site().url;
    let addresses = parts.iter().map(|part| format!("{url}/sitemap/{part}.xml"));
    let entries: String = addresses.map(|address| part_entry(&address)).collect();
    xml(&request, "sitemapindex", &entries).await
}

/// `GET /sitemap/{part}.xml`: `pages`, `2026-11` or `2026-11-05`.
pub async fn part(request: PageRequest, Path(part): Path<String>) -> PageResult {
    let part = part.strip_suffix(".xml").ok_or(PageError::NotFound("sitemap"))?;
    let url = &request.site().url;
    if part == "pages" {
        let entries: String = ["/", "/tags", "/archive"]
            .map(|path| entry(&format!("{url}{path}"), None))
            .concat();
        return xml(&request, "urlset", &entries).await;
    }
    let (from, to) = days(part).ok_or(PageError::NotFound("sitemap"))?;
    let filter = SitemapFilter {
        from: Some(from.to_string()),
        to: Some(to.to_string()),
    };
    let (mut entries, mut count, mut after) = (String::new(), 0, None);
    while count < PART_POSTS {
        let posts = request.api().sitemap(&filter, after.as_deref()).await?;
        for post in &posts.items {
            let Some(slug) = &post.slug else { continue };
            let address = format!("{url}/p/{}", segment(slug));
            entries.push_str(&entry(&address, Some(&post.updated_at.to_string())));
        }
        count += posts.items.len();
        after = posts.next;
        if after.is_none() {
            break;
        }
    }
    if count == 0 {
        return Err(PageError::NotFound("sitemap"));
    }
    xml(&request, "urlset", &entries).await
}

/// The names of a month's parts: the month, or each of its days.
fn parts_of(month: &Month) -> Vec<String> {
    if month.posts <= MONTH_POSTS {
        return vec![month.month.clone()];
    }
    let first: Option<Date> = format!("{}-01", month.month).parse().ok();
    let days = first.map_or(0, Date::days_in_month);
    (1..=days)
        .map(|day| format!("{}-{day:02}", month.month))
        .collect()
}

/// The period of a part; the end is exclusive.
fn days(part: &str) -> Option<(Date, Date)> {
    let plain = part.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    match part.len() {
        7 if plain => {
            let first: Date = format!("{part}-01").parse().ok()?;
            Some((first, first.checked_add(1.month()).ok()?))
        }
        10 if plain => {
            let day: Date = part.parse().ok()?;
            Some((day, day.tomorrow().ok()?))
        }
        _ => None,
    }
}

fn part_entry(address: &str) -> String {
    format!("<sitemap><loc>{}</loc></sitemap>\n", escape(address))
}

fn document(root: &str, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">\n{entries}</{root}>\n"
    )
}

fn entry(address: &str, modified: Option<&str>) -> String {
    let mut entry = format!("<url><loc>{}</loc>", escape(address));
    if let Some(modified) = modified {
        let _ = write!(entry, "<lastmod>{modified}</lastmod>");
    }
    entry.push_str("</url>\n");
    entry
}

async fn xml(request: &PageRequest, root: &str, entries: &str) -> Result<Response, PageError> {
    let document = Document {
        content_type: "application/xml; charset=utf-8",
        body: document(root, entries),
        audience: Audience::Programs,
        last_modified: None,
    };
    Ok(document.respond(StatusCode::OK, request.headers()).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_covers_a_month_or_a_day() {
        let of = |part| days(part).map(|(from, to)| format!("{from} {to}"));
        assert_eq!(of("2026-12").as_deref(), Some("2026-12-01 2027-01-01"));
        assert_eq!(of("2024-02-29").as_deref(), Some("2024-02-29 2024-03-01"));
        for part in [
            "2026",
            "2026-13",
            "2026-02-30",
            "2026-1-01",
            "+026-12",
            "pages.x",
            "",
        ] {
            assert_eq!(of(part), None, "{part}");
        }
    }

    #[test]
    fn a_month_with_many_posts_has_one_part_per_day() {
        let month = |posts| Month {
            month: "2026-02".to_owned(),
            posts,
        };
        assert_eq!(parts_of(&month(1_000)), ["2026-02"]);
        let days = parts_of(&month(1_001));
        assert_eq!(
            (days.len(), days[0].as_str(), days[27].as_str()),
            (28, "2026-02-01", "2026-02-28")
        );
    }

    /// The elements in document order, with their text.
    fn elements(xml: &str) -> Vec<(String, String)> {
        use quick_xml::events::Event;

        let mut reader = quick_xml::Reader::from_str(xml);
        let (mut found, mut open): (Vec<(String, String)>, Vec<usize>) = (Vec::new(), Vec::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    open.push(found.len());
                    let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
                    found.push((name, String::new()));
                }
                Event::Text(text) => {
                    if let Some(at) = open.last() {
                        found[*at].1.push_str(&text.decode().unwrap());
                    }
                }
                Event::GeneralRef(entity) => {
                    let text = format!("&{};", entity.decode().unwrap());
                    found[*open.last().unwrap()]
                        .1
                        .push_str(&quick_xml::escape::unescape(&text).unwrap());
                }
                Event::End(_) => assert!(open.pop().is_some()),
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty());
        found
    }

    #[test]
    fn a_part_conforms_to_the_schema() {
        let entries = [
            entry("https://blog.example.org/p/a&b", Some("2026-03-12T09:30:00.123Z")),
            entry("https://blog.example.org/", None),
        ]
        .concat();
        let found = elements(&document("urlset", &entries));
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        // In `url`: `loc`, then `lastmod` at most once (sitemap.xsd, tUrl).
        assert_eq!(names, ["urlset", "url", "loc", "lastmod", "url", "loc"]);
        assert_eq!(found[2].1, "https://blog.example.org/p/a&b");
        assert!(
            found[3].1.parse::<jiff::Timestamp>().is_ok(),
            "a W3C date and time"
        );
        let index = elements(&document(
            "sitemapindex",
            &part_entry("https://blog.example.org/sitemap/2026-03.xml"),
        ));
        let names: Vec<&str> = index.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["sitemapindex", "sitemap", "loc"]);
    }

    #[test]
    fn addresses_are_escaped() {
        let entry = entry("https://x/p/a&b'<", Some("2026-03-12T09:30:00Z"));
        assert!(
            entry.contains("<loc>https://x/p/a&amp;b&apos;&lt;</loc>"),
            "{entry}"
        );
    }
}
