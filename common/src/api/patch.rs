//! Fields of requests that are not simply present or absent: `null`, and blank texts.

use serde::{Deserialize, Deserializer};

/// Reads a field that `null` clears and that stays unchanged when absent:
/// `#[serde(default, deserialize_with = "nullable")] cover: Option<Option<String>>`.
///
/// # Errors
/// If the value has another type.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a field that may be absent but not `null`:
/// `#[serde(default, deserialize_with = "not_null")] title: Option<String>`.
///
/// # Errors
/// If the value is `null` or has another type.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a text that counts as absent if it is blank.
///
/// # Errors
/// If the value has another type.
pub fn not_blank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}
