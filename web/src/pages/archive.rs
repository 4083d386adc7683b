//! `/archive` and `/archive/{year}/{month}`: everything, month by month.

use askama::Template;
use axum::extract::{Path, Query};
use jiff::{ToSpan as _, civil::Date};

use super::home::Paging;
use crate::{
    api::reading::{PostFilter, PostSummary},
    failure::{Failure, PageResult},
    filters,
    page::Page,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "archive.html")]
struct Archive {
    page: Page,
    years: Vec<Year>,
    older: Option<String>,
}

struct Year {
    year: String,
    months: Vec<ShownMonth>,
}

struct ShownMonth {
    month: String,
    path: String,
    posts: u32,
}

#[derive(Template)]
#[template(path = "archive-month.html")]
struct ArchiveMonth {
    page: Page,
    month: String,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /archive`
pub async fn months(visit: Visit, Query(paging): Query<Paging>) -> PageResult {
    let months = visit.api().archive(paging.after.as_deref()).await?.value;
    let mut years: Vec<Year> = Vec::new();
    for month in months.items {
        let Some((year, number)) = month.month.split_once('-') else {
            continue;
        };
        let shown = ShownMonth {
            path: format!("/archive/{year}/{number}"),
            posts: month.posts,
            month: month.month.clone(),
        };
        match years.last_mut().filter(|last| last.year == year) {
            Some(last) => last.months.push(shown),
            None => years.push(Year {
                year: year.to_owned(),
                months: vec![shown],
            }),
        }
    }
    let page = visit.page("Archive").nav("/archive");
    let template = Archive {
        page: page.described("All posts, by month."),
        older: paging.older("/archive", months.next.as_deref()),
        years,
    };
    visit.html(&template).await
}

/// `GET /archive/{year}/{month}`
pub async fn month(
    visit: Visit,
    Path((year, month)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> PageResult {
    let (first, next) = bounds(&year, &month).ok_or(Failure::NotFound("archive page"))?;
    let (from, to) = (first.to_string(), next.to_string());
    let filter = PostFilter {
        from: Some(&from),
        to: Some(&to),
        ..PostFilter::default()
    };
    let posts = visit.api().posts(filter, paging.after.as_deref()).await?.value;
    if posts.items.is_empty() && paging.after.is_none() {
        return Err(Failure::NotFound("archive page"));
    }
    let path = format!("/archive/{year}/{month}");
    let page = visit.page(first.strftime("%B %Y").to_string()).nav("/archive");
    let template = ArchiveMonth {
        page: page.described(first.strftime("Posts published in %B %Y.").to_string()),
        month: format!("{year}-{month}"),
        older: paging.older(&path, posts.next.as_deref()),
        posts: posts.items,
    };
    visit.html(&template).await
}

/// The first day of a month, written as its one address has it, and that of the month after.
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
