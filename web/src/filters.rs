//! Filters of the templates: `{{ post.published_at|date }}`.

use askama::{Values, filters::Safe};
use common::event::Timestamp;
use jiff::{Timestamp as Instant, tz::TimeZone};

fn zoned(time: &Timestamp) -> Option<jiff::Zoned> {
    let instant = Instant::from_millisecond(time.as_millis()).ok()?;
    Some(instant.to_zoned(TimeZone::UTC))
}

/// `12 March 2026`, in UTC
#[askama::filter_fn]
pub fn date(time: &Timestamp, _: &dyn Values) -> askama::Result<String> {
    Ok(zoned(time).map_or_else(String::new, |time| time.strftime("%-d %B %Y").to_string()))
}

/// `12 March 2026, 10:00`, in UTC
#[askama::filter_fn]
pub fn moment(time: &Timestamp, _: &dyn Values) -> askama::Result<String> {
    Ok(zoned(time).map_or_else(String::new, |time| time.strftime("%-d %B %Y, %H:%M").to_string()))
}

/// `1 comment`, `2 comments`
#[askama::filter_fn]
pub fn counted(number: &u32, _: &dyn Values, one: &str, many: &str) -> askama::Result<String> {
    Ok(format!("{number} {}", if *number == 1 { one } else { many }))
}

/// An escaped path segment: `/tags/{{ tag|segment }}`
#[askama::filter_fn]
pub fn segment(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(crate::url::segment(text))
}

/// `March 2026` for `2026-03`
#[askama::filter_fn]
pub fn month(text: &str, _: &dyn Values) -> askama::Result<String> {
    let first: Option<jiff::civil::Date> = format!("{text}-01").parse().ok();
    Ok(first.map_or_else(|| text.to_owned(), |day| day.strftime("%B %Y").to_string()))
}

/// `12 March`, in UTC
#[askama::filter_fn]
pub fn day(time: &Timestamp, _: &dyn Values) -> askama::Result<String> {
    Ok(zoned(time).map_or_else(String::new, |time| time.strftime("%-d %B").to_string()))
}

/// The number of a user's avatar colour, from 0 to 4.
#[askama::filter_fn]
pub fn tone(id: &common::ids::UserId, _: &dyn Values) -> askama::Result<u8> {
    Ok(id.as_uuid().as_bytes().last().map_or(0, |byte| byte % 5))
}

/// The first letter in upper case, for an avatar.
#[askama::filter_fn]
pub fn initial(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(text.chars().next().unwrap_or('?').to_uppercase().collect())
}

/// The attributes `lang` and `dir` of a text: `<h1{{ post.language|language }}>`. Without a language, the browser
/// chooses the direction.
#[askama::filter_fn]
pub fn language(tag: &Option<String>, _: &dyn Values) -> askama::Result<Safe<String>> {
    let is_safe = |tag: &&String| tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Ok(Safe(match tag.as_ref().filter(is_safe) {
        Some(tag) => format!(" lang=\"{tag}\" dir=\"{}\"", content::direction(tag).as_str()),
        None => " dir=\"auto\"".to_owned(),
    }))
}
