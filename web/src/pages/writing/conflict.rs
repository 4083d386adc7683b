//! What is saved against what was typed.

use runtime::error::ApiError;

use super::fields::tags;
use crate::{api::writing::Source, difference::Difference, failure::Failure, forms::Form};

/// The difference in one field.
#[derive(Debug)]
pub struct Changed {
    pub field: &'static str,
    pub difference: Difference,
}

/// The fields in which `typed` differs from what is saved; from saved to typed.
pub(super) async fn between(saved: &Source, typed: &Form) -> Result<Vec<Changed>, Failure> {
    let pairs = [
        (
            "Title",
            saved.title.clone(),
            typed.value("title").trim().to_owned(),
        ),
        (
            "Summary",
            saved.summary.clone().unwrap_or_default(),
            typed.value("summary").trim().to_owned(),
        ),
        (
            "Tags",
            saved.tags.join(", "),
            tags(typed.value("tags")).join(", "),
        ),
        (
            "Cover image",
            saved.cover.clone().unwrap_or_default(),
            typed.value("cover").trim().to_owned(),
        ),
        ("Text", saved.body.clone(), typed.value("body").to_owned()),
    ];
    // Long texts take a while.
    let compare = move || {
        let changed = |(field, saved, typed): (_, String, String)| Changed {
            field,
            difference: Difference::between(&saved, &typed),
        };
        let all = pairs.into_iter().map(changed);
        all.filter(|changed| !changed.difference.is_empty()).collect()
    };
    let compared = tokio::task::spawn_blocking(compare).await;
    compared.map_err(|error| Failure::from(ApiError::internal(error)))
}
