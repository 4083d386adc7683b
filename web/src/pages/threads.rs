//! A comment with its replies, as part of a page.

use askama::Template;

use crate::{api::reading::Comment, filters};

/// One comment and, by more of its kind, what is below it.
#[derive(Template)]
#[template(path = "comment.html")]
pub struct Thread<'a> {
    pub comment: &'a Comment,
}
