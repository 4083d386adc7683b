//! Parameters that several reads share.

use std::{fmt::Debug, str::FromStr};

use common::{
    api::query::{MAX_IDS, MAX_PARAMETER_CHARS, MAX_QUERY_CHARS, MAX_QUERY_WORDS, PostFilter},
    error::ErrorCode,
    event::Timestamp,
    ids::InvalidId,
};
use runtime::{error::ApiError, http::PageParams};

use crate::{
    reads::{PostQuery, PostSelector},
    search_words::query_terms,
};

/// The cache key of a page of a list: unique for each list, filter and page.
pub(super) fn page_key(list: &str, filter: &impl Debug, page: &PageParams) -> String {
    format!("{list}\n{filter:?}\n{:?}\n{}", page.cursor, page.limit)
}

pub(super) fn parse_filter(filter: PostFilter) -> Result<PostQuery, ApiError> {
    let (from, to) = (time("from", filter.from)?, time("to", filter.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(invalid("to", "must be after from"));
    }
    Ok(PostQuery {
        author: bounded_text("author", filter.author)?.map(|author| author.to_lowercase()),
        terms: search_terms(filter.q)?,
        posts: PostSelector {
            tag: bounded_text("tag", filter.tag)?.map(|tag| tag.to_lowercase()),
            from,
            to,
            ids: ids("ids", filter.ids)?,
            ..PostSelector::default()
        },
    })
}

/// The parameter without surrounding blanks, unless it is empty.
pub(super) fn bounded_text(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    text(name, value, MAX_PARAMETER_CHARS)
}

fn text(name: &str, value: Option<String>, max_chars: usize) -> Result<Option<String>, ApiError> {
    let value = value.map(|value| value.trim().to_owned());
    match value.filter(|value| !value.is_empty()) {
        Some(value) if value.chars().count() > max_chars => Err(ApiError::field(
            name,
            ErrorCode::TooLong,
            format!("must be at most {max_chars} characters"),
        )),
        value => Ok(value),
    }
}

/// Ids separated by commas, sorted and without duplicates.
pub(super) fn ids<T>(name: &str, value: Option<String>) -> Result<Option<Vec<T>>, ApiError>
where
    T: FromStr<Err = InvalidId> + Ord,
{
    let Some(value) = value else { return Ok(None) };
    let ids = value.split(',').map(str::trim).filter(|id| !id.is_empty());
    let ids = ids.map(str::parse).collect::<Result<Vec<T>, _>>();
    let mut ids =
        ids.map_err(|error| invalid(name, "must be ids, separated by commas").with_source(error))?;
    if ids.len() > MAX_IDS {
        return Err(too_many(name, format!("at most {MAX_IDS} ids")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

fn search_terms(query: Option<String>) -> Result<Option<Vec<String>>, ApiError> {
    let terms = text("q", query, MAX_QUERY_CHARS)?.map(|query| query_terms(&query));
    match terms {
        Some(terms) if terms.len() > MAX_QUERY_WORDS => {
            Err(too_many("q", format!("at most {MAX_QUERY_WORDS} words")))
        }
        terms => Ok(terms),
    }
}

/// A time, or the start of a date.
fn time(name: &str, value: Option<String>) -> Result<Option<Timestamp>, ApiError> {
    let Some(mut value) = bounded_text(name, value)? else {
        return Ok(None);
    };
    if value.len() == "2026-01-31".len() {
        value.push_str("T00:00:00Z");
    }
    value.parse().map(Some).map_err(|error| {
        invalid(name, "must be a date such as 2026-01-31, or an RFC 3339 time").with_source(error)
    })
}

fn invalid(name: &str, message: &str) -> ApiError {
    ApiError::field(name, ErrorCode::InvalidValue, message)
}

fn too_many(name: &str, message: String) -> ApiError {
    ApiError::field(name, ErrorCode::TooMany, message)
}
