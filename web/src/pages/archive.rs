//! `/archive` and `/archive/{year}/{month}`: all posts by month.

use askama::Template;
use axum::extract::{Path, Query};
use common::api::query::{PostFilter, PostSummary};
use jiff::{ToSpan as _, civil::Date};

use super::paging::ListQuery;
use crate::{
    error::{PageError, PageResult},
    filters,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
};

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchivePage {
    page: Page,
    years: Vec<Year>,
    older: Option<String>,
}

struct Year {
    year: String,
    months: Vec<Month>,
}

struct Month {
    month: String,
    path: String,
    posts: u32,
}

#[derive(Template)]
#[template(path = "archive-month.html")]
struct MonthPage {
    page: Page,
    month: String,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /archive`
pub async fn months(request: PageRequest, Query(list): Query<ListQuery>) -> PageResult {
    let months = request.api().archive(list.cursor()).await?;
    let mut years: Vec<Year> = Vec::new();
    for entry in months.items {
        let Some((year, number)) = entry.month.split_once('-') else {
            continue;
        };
        let year = year.to_owned();
        let month = Month {
            path: format!("/archive/{year}/{number}"),
            posts: entry.posts,
            month: entry.month,
        };
        match years.last_mut().filter(|last| last.year == year) {
            Some(last) => last.months.push(month),
            None => years.push(Year {
                year,
                months: vec![month],
            }),
        }
    }
    let page = request.page("Archive").nav("/archive");
    let template = ArchivePage {
        page: page.description("All posts, by month."),
        older: list.next_page("/archive", months.next.as_deref()),
        years,
    };
    request.html(&template).await
}

/// `GET /archive/{year}/{month}`
pub async fn month(
    request: PageRequest,
    Path((year, month)): Path<(String, String)>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    const NOT_FOUND: PageError = PageError::NotFound("archive page");
    let (first, next) = bounds(&year, &month).ok_or(NOT_FOUND)?;
    let filter = PostFilter {
        from: Some(first.to_string()),
        to: Some(next.to_string()),
        ..PostFilter::default()
    };
    let posts = request.api().posts(&filter, list.cursor()).await?;
    if posts.items.is_empty() && list.is_first_page() {
        return Err(NOT_FOUND);
    }
    let path = format!("/archive/{year}/{month}");
    let page = request.page(first.strftime("%B %Y").to_string()).nav("/archive");
    let template = MonthPage {
        page: page.description(first.strftime("Posts published in %B %Y.").to_string()),
        month: format!("{year}-{month}"),
        older: list.next_page(&path, posts.next.as_deref()),
        posts: posts.items,
    };
    request.html(&template).await
}

/// The first day of a month and of the next one. Accepts only the canonical form of the path.
fn bounds(year: &str, month: &str) -> Option<(Date, Date)> {
    let digits = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    Some((first, first.checked_add(1.month()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_address() {
        let of = |year, month| bounds(year, month).map(|(from, to)| format!("{from} {to}"));
        assert_eq!(of("2026", "11").as_deref(), Some("2026-11-01 2026-12-01"));
        assert_eq!(of("2026", "12").as_deref(), Some("2026-12-01 2027-01-01"));
        for (year, month) in [
            ("2026", "1"),
            ("2026", "13"),
            ("26", "11"),
            ("2026", "+1"),
            ("x", "y"),
        ] {
            assert_eq!(of(year, month), None, "{year}/{month}");
        }
    }
}
