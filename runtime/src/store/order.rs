//! The order of lists, and where the next page of one continues.

use common::event::Timestamp;
use mongodb::bson::{Document, doc};

/// By the time in a field, then by `_id`, so that no two documents have the same position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOrder {
    field: &'static str,
    newest_first: bool,
}

impl ListOrder {
    /// Oldest first by the time in `field`.
    pub const fn oldest_first(field: &'static str) -> Self {
        let newest_first = false;
        Self { field, newest_first }
    }

    /// Newest first by the time in `field`.
    pub const fn newest_first(field: &'static str) -> Self {
        let newest_first = true;
        Self { field, newest_first }
    }

    /// The field with the time.
    pub const fn field(self) -> &'static str {
        self.field
    }

    /// The order as MongoDB takes it.
    pub fn sort(self) -> Document {
        let direction = if self.newest_first { -1 } else { 1 };
        doc! { self.field: direction, "_id": direction }
    }

    /// The filter `filter`, without the documents up to the position `after`, if there is one.
    pub fn continue_after(self, filter: Document, after: Option<(Timestamp, &dyn ToString)>) -> Document {
        let Some((time, id)) = after else {
            return filter;
        };
        let (bound, beyond) = if self.newest_first {
            ("$lte", "$lt")
        } else {
            ("$gte", "$gt")
        };
        let (time, id) = (time.to_string(), id.to_string());
        let same_time = doc! { self.field: &time, "_id": { beyond: id } };
        let next = [doc! { self.field: { beyond: &time } }, same_time];
        // The `$or` implies the bound, without which the index would be scanned from its beginning.
        doc! { "$and": [filter, { self.field: { bound: time } }, { "$or": next }] }
    }
}
