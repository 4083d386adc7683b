//! The differences between the saved and the submitted version of a post.

use common::api::posts::PostSource;

use super::form::parse_tags;
use crate::{diff::Diff, error::PageError, forms::Form};

/// The fields that differ, from the saved to the submitted version.
pub(super) async fn differences(
    saved: &PostSource,
    submitted: &Form,
) -> Result<Vec<(&'static str, Diff)>, PageError> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let trimmed = |name: &str| submitted.value(name).trim().to_owned();
    Diff::of_fields(vec![
        ("Title", saved.title.clone(), trimmed("title")),
        ("Summary", optional(&saved.summary), trimmed("summary")),
        (
            "Tags",
            saved.tags.join(", "),
            parse_tags(submitted.value("tags")).join(", "),
        ),
        ("Cover image", optional(&saved.cover), trimmed("cover")),
        ("Language", optional(&saved.language), trimmed("language")),
        ("Text", saved.body.clone(), submitted.value("body").to_owned()),
    ])
    .await
}
