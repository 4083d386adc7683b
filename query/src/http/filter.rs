//! Which posts a request asks for, and the other parameters that lists have in common.

use common::{error::ErrorCode, event::Timestamp, ids::PostId};
use runtime::error::ApiError;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{reads::PostQuery, words};

/// Longer than any tag, user name or slug, in bytes.
pub(super) const MAX_BYTES: usize = 200;
/// The longest query, in characters, and the most words in it.
const MAX_QUERY: usize = 200;
const MAX_WORDS: usize = 32;
/// The most things that are asked for by their ids.
const MAX_IDS: usize = 100;

/// Which posts; all that is given must apply.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that bear this tag
    tag: Option<String>,
    /// Only those of the author with this user name, in any case
    author: Option<String>,
    /// Only those of whose title and tags each of these words begins a word, in any case, with accents or without;
    /// at most 200 characters and 32 words
    q: Option<String>,
    /// Only those published then or later: an RFC 3339 time, or a date for its first moment in UTC
    from: Option<String>,
    /// Only those published before
    to: Option<String>,
    /// Only those with one of these ids, separated by commas, at most 100
    ids: Option<String>,
}

/// When the posts were published.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// Only those published then or later: an RFC 3339 time, or a date for its first moment in UTC
    from: Option<String>,
    /// Only those published before
    to: Option<String>,
}

impl From<Period> for Filter {
    fn from(Period { from, to }: Period) -> Self {
        Self {
            from,
            to,
            ..Self::default()
        }
    }
}

impl Filter {
    /// What it asks for.
    pub(super) fn parse(self) -> Result<PostQuery, ApiError> {
        let (from, to) = (time("from", self.from)?, time("to", self.to)?);
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
            tag: given("tag", self.tag)?.map(|tag| tag.to_lowercase()),
            author: given("author", self.author)?.map(|author| author.to_lowercase()),
            words: sought(self.q)?,
            from,
            to,
            ids: ids::<PostId>("ids", self.ids)?,
        })
    }
}

/// The parameter without blanks around it, if it is given.
pub(super) fn given(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    match trimmed(value) {
        Some(value) if value.len() > MAX_BYTES => Err(ApiError::field(
            name,
            ErrorCode::TooLong,
            format!("must be at most {MAX_BYTES} bytes"),
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
    if query.chars().count() > MAX_QUERY {
        return Err(ApiError::field(
            "q",
            ErrorCode::TooLong,
            format!("must be at most {MAX_QUERY} characters"),
        ));
    }
    let words = words::sought(&query);
    if words.len() > MAX_WORDS {
        return Err(ApiError::field(
            "q",
            ErrorCode::TooMany,
            format!("at most {MAX_WORDS} words"),
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
