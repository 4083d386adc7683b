//! How templates write dates, numbers and words: `{{ post.published_at|date }}`.

use askama::Values;
use common::event::Timestamp;
use jiff::{Timestamp as Instant, tz::TimeZone};

fn zoned(time: &Timestamp) -> Option<jiff::Zoned> {
    let instant = Instant::from_millisecond(time.as_millis()).ok()?;
    Some(instant.to_zoned(TimeZone::UTC))
}

/// `12 March 2026`, in UTC.
#[askama::filter_fn]
pub fn date(time: &Timestamp, _: &dyn Values) -> askama::Result<String> {
    Ok(zoned(time).map_or_else(String::new, |time| time.strftime("%-d %B %Y").to_string()))
}

/// `12 March 2026, 10:00`, in UTC.
#[askama::filter_fn]
pub fn moment(time: &Timestamp, _: &dyn Values) -> askama::Result<String> {
    Ok(zoned(time).map_or_else(String::new, |time| time.strftime("%-d %B %Y, %H:%M").to_string()))
}

/// `1 comment`, `2 comments`: the number with the word that fits it.
#[askama::filter_fn]
pub fn counted(number: &u32, _: &dyn Values, one: &str, many: &str) -> askama::Result<String> {
    Ok(format!("{number} {}", if *number == 1 { one } else { many }))
}

/// An element of a path, escaped: `/tags/{{ tag|segment }}`.
#[askama::filter_fn]
pub fn segment(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(crate::api::segment(text))
}

/// The first letter, in upper case: it stands for a picture.
#[askama::filter_fn]
pub fn initial(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(text.chars().next().unwrap_or('?').to_uppercase().collect())
}
