//! Lists in pages.

use serde::Deserialize;

use crate::url::with_query;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    /// The cursor; absent on the first page.
    pub(super) after: Option<String>,
    /// The status that the list is filtered by.
    pub(super) status: Option<String>,
    /// The result of the previous action.
    pub(super) done: Option<String>,
}

impl ListQuery {
    pub(super) fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }

    pub(super) fn is_first_page(&self) -> bool {
        self.after.is_none()
    }

    /// `notice`, if it is about the previous action.
    pub(super) fn notice(&self, done: &str, notice: &'static str) -> Option<&'static str> {
        (self.done.as_deref() == Some(done)).then_some(notice)
    }

    /// The path of the next page of the list at `path`.
    pub(super) fn next_page(&self, path: &str, next: Option<&str>) -> Option<String> {
        let status = self.status.as_deref();
        next.map(|next| with_query(path, &[("status", status), ("after", Some(next))]))
    }
}
