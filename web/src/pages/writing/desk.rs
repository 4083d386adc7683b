//! The page of the form, in all its states.

use askama::Template;
use axum::http::{StatusCode, header};
use common::ids::PostId;

use super::{
    conflict::Changed,
    fields::{shelf, with_local_time},
};
use crate::{
    api::{
        with_query,
        writing::{Preview, Shelf, Source},
    },
    difference::{Kind, Piece},
    failure::PageResult,
    filters,
    forms::{Form, token},
    page::Page,
    reasons,
    security::policy_with_style_nonce,
    visit::Visit,
};

/// The form and what is known about it.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) form: Form,
    /// `None` for a post that is not saved yet.
    pub(super) post_id: Option<PostId>,
    /// As it is saved, where that is known.
    pub(super) post: Option<Source>,
    pub(super) preview: Option<Preview>,
    pub(super) conflict: Option<Vec<Changed>>,
    /// The version that was meant, where another one is saved by now.
    pub(super) stale: Option<String>,
    /// Whether to offer signing in.
    pub(super) sign_in: bool,
    notice: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "write.html")]
struct WritePage {
    page: Page,
    desk: Desk,
    action: String,
    shelf: Shelf,
    /// Where to sign in, and come back from.
    sign_in: String,
    /// Whether the form holds what the service does not have.
    unsaved: bool,
    /// Lets the styles through that the editor makes.
    nonce: String,
    /// What moderation said of the text.
    judged: Option<reasons::Judged>,
}

impl Desk {
    /// Of a new post.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    /// Of a saved post.
    pub(super) fn at(form: Form, id: PostId) -> Self {
        Self {
            post_id: Some(id),
            ..Self::new(form)
        }
    }

    /// Of a saved post that is at hand.
    pub(super) fn of(form: Form, post: Source) -> Self {
        Self {
            post_id: Some(post.id),
            post: Some(post),
            ..Self::new(form)
        }
    }

    pub(super) fn noticed(mut self, notice: Option<&'static str>) -> Self {
        self.notice = notice;
        self
    }

    /// The version that what was typed is meant for; a script that saves by itself finds out what became of it.
    fn seen(&self) -> &str {
        let version = self.form.value("version");
        self.stale.as_deref().unwrap_or(version)
    }

    /// The page, with the status that the form's messages call for.
    pub(super) async fn refused(self, visit: &Visit) -> PageResult {
        let status = self.form.status();
        self.show(visit, status).await
    }

    /// The page.
    pub(super) async fn show(mut self, visit: &Visit, status: StatusCode) -> PageResult {
        self.form = with_local_time(self.form);
        let title = match self.post_id {
            None => "Write".to_owned(),
            Some(_) => format!("Edit: {}", self.form.given("title").unwrap_or("Untitled")),
        };
        let page = visit.page(title).not_indexed().notice(self.notice);
        let action = self
            .post_id
            .map_or_else(|| "/write".to_owned(), |id| format!("/posts/{id}/edit"));
        let template = WritePage {
            page: page
                .with_entry(visit, "src/editor.ts")
                .with_entry(visit, "src/styles/editor.css")
                // Whatever will be typed.
                .showing(visit, "<em><strong><code>"),
            sign_in: with_query("/signin", &[("next", Some(&action))]),
            action,
            unsaved: status != StatusCode::OK || self.preview.is_some(),
            shelf: shelf(&self.form),
            nonce: token(),
            judged: self
                .post
                .as_ref()
                .and_then(|post| reasons::of_post(post.moderation.as_ref())),
            desk: self,
        };
        let mut response = visit.html_with(status, &template).await?;
        if let Some(policy) = policy_with_style_nonce(&template.nonce) {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Ok(response)
    }
}

impl WritePage {
    /// Whether what the disclosure hides needs another look, or is worth one.
    fn opened(&self) -> bool {
        let fields = ["tags", "summary", "cover", "publish_at"];
        fields.iter().any(|name| self.desk.form.is_wrong(name)) || self.shelf == Shelf::Scheduled
    }
}
