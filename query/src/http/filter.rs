//! Which posts a request asks for, and the other parameters that lists have in common.

use common::{
    api::query::{MAX_IDS, MAX_PARAMETER_CHARS, MAX_QUERY_CHARS, MAX_QUERY_WORDS, PostFilter, SitemapFilter},
    error::ErrorCode,
    event::Timestamp,
};
use runtime::error::ApiError;

use crate::{reads::PostQuery, words};

/// The conditions of `filter`.
pub(super) fn parse(filter: PostFilter) -> Result<PostQuery, ApiError> {
    let (from, to) = (time("from", filter.from)?, time("to", filter.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(ApiError::field(
            "to",
            ErrorCode::InvalidValue,
            "must be after from",
        ));
    }
    Ok(PostQuery {
        tag: given("tag", filter.tag)?.map(|tag| tag.to_lowercase()),
        author: given("author", filter.author)?.map(|author| author.to_lowercase()),
        words: sought(filter.q)?,
        from,
        to,
        ids: ids("ids", filter.ids)?,
    })
}

/// The conditions of `filter`.
pub(super) fn parse_period(SitemapFilter { from, to }: SitemapFilter) -> Result<PostQuery, ApiError> {
    parse(PostFilter {
        from,
        to,
        ..PostFilter::default()
    })
}

/// The parameter without blanks around it, if it is given.
pub(super) fn given(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    match trimmed(value) {
        Some(value) if value.chars().count() > MAX_PARAMETER_CHARS => Err(ApiError::field(
            name,
            ErrorCode::TooLong,
            format!("must be at most {MAX_PARAMETER_CHARS} characters"),
        )),
        value => Ok(value),
    }
}

/// Ids separated by commas, each once, if they are given.
pub(super) fn ids<T>(name: &str, value: Option<String>) -> Result<Option<Vec<T>>, ApiError>
where
    T: std::str::FromStr<Err = common::ids::InvalidId> + Ord,
{
    let Some(value) = value else { return Ok(None) };
    let ids = value.split(',').map(str::trim).filter(|id| !id.is_empty());
    let mut ids = ids
        .map(str::parse)
        .collect::<Result<Vec<T>, _>>()
        .map_err(|error| {
            ApiError::field(name, ErrorCode::InvalidValue, "must be ids, separated by commas")
                .with_source(error)
        })?;
    if ids.len() > MAX_IDS {
        return Err(ApiError::field(
            name,
            ErrorCode::TooMany,
            format!("at most {MAX_IDS} ids"),
        ));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

fn trimmed(value: Option<String>) -> Option<String> {
    value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

fn sought(query: Option<String>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(query) = trimmed(query) else {
        return Ok(None);
    };
    if query.chars().count() > MAX_QUERY_CHARS {
        return Err(ApiError::field(
            "q",
            ErrorCode::TooLong,
            format!("must be at most {MAX_QUERY_CHARS} characters"),
        ));
    }
    let words = words::sought(&query);
    if words.len() > MAX_QUERY_WORDS {
        return Err(ApiError::field(
            "q",
            ErrorCode::TooMany,
            format!("at most {MAX_QUERY_WORDS} words"),
        ));
    }
    Ok(Some(words))
}

/// A time, or the first moment of a date.
fn time(name: &str, value: Option<String>) -> Result<Option<Timestamp>, ApiError> {
    let Some(value) = given(name, value)? else {
        return Ok(None);
    };
    let is_date = value.len() == "2026-01-31".len();
    let text = if is_date {
        format!("{value}T00:00:00Z")
    } else {
        value
    };
    text.parse().map(Some).map_err(|error| {
        let message = "must be a date, 2026-01-31, or an RFC 3339 time";
        ApiError::field(name, ErrorCode::InvalidValue, message).with_source(error)
    })
}
