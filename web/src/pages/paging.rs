//! Links from one page of a list to the next.

use serde::Deserialize;

use crate::url::with_query;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    /// The cursor; absent on the first page.
    pub(super) after: Option<String>,
}

impl Paging {
    pub(super) fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }
}

/// The path of the next page of the list at `path`.
pub(super) fn next_page(path: &str, next: Option<&str>) -> Option<String> {
    next.map(|next| with_query(path, &[("after", Some(next))]))
}
