//! The editor page in all its states.

use askama::Template;
use axum::http::{StatusCode, header};
use common::{
    api::posts::{PostList, PostSource},
    ids::PostId,
};

use super::{
    super::own_posts::public_path,
    form::{list, with_local_time},
};
use crate::{
    diff::{Change, Diff, Piece},
    error::PageResult,
    filters,
    forms::{Form, token},
    middleware::security_headers::policy_with_style_nonce,
    page::Page,
    preview::Preview,
    request::PageRequest,
    review::ReviewNotice,
    url::with_query,
};

/// The form, and the state of the post.
#[derive(Default)]
pub(super) struct EditorPage {
    pub(super) form: Form,
    /// `None` for a new post.
    pub(super) post_id: Option<PostId>,
    /// The saved post, if it is known.
    pub(super) post: Option<PostSource>,
    pub(super) preview: Option<Preview>,
    /// The differences between the saved and the submitted version, after a conflict.
    pub(super) conflict: Option<Vec<(&'static str, Diff)>>,
    /// The version that the submitted text is based on, after a conflict.
    pub(super) base_version: Option<String>,
    pub(super) offer_sign_in: bool,
    notice: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "editor.html")]
struct EditorTemplate {
    page: Page,
    editor: EditorPage,
    action: String,
    list: PostList,
    /// The sign-in page that returns here.
    sign_in: String,
    /// Whether the form differs from the saved post.
    unsaved: bool,
    /// Allows the styles that the editor creates.
    nonce: String,
    review: Option<ReviewNotice>,
    /// The path of the post for readers.
    public_path: Option<String>,
}

impl EditorPage {
    /// For a new post.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    /// For a saved post.
    pub(super) fn of_id(form: Form, id: PostId) -> Self {
        Self {
            post_id: Some(id),
            ..Self::new(form)
        }
    }

    /// For a saved post that is loaded.
    pub(super) fn of(form: Form, post: PostSource) -> Self {
        let page = Self::of_id(form, post.id);
        Self {
            post: Some(post),
            ..page
        }
    }

    pub(super) fn with_notice(mut self, notice: Option<&'static str>) -> Self {
        self.notice = notice;
        self
    }

    /// The version that the text in the form is based on. After a conflict it is outdated, so that the script does not
    /// save automatically.
    fn version(&self) -> &str {
        let version = self.form.value("version");
        self.base_version.as_deref().unwrap_or(version)
    }

    /// Renders the page with the status of the form.
    pub(super) async fn render(mut self, request: &PageRequest) -> PageResult {
        self.form = with_local_time(self.form);
        let title = match self.post_id {
            None => "Write".to_owned(),
            Some(_) => format!("Edit: {}", self.form.given("title").unwrap_or("Untitled")),
        };
        let action = match self.post_id {
            None => "/write".to_owned(),
            Some(id) => format!("/posts/{id}/edit"),
        };
        let post = self.post.as_ref();
        let template = EditorTemplate {
            page: request
                .page(title)
                .not_indexed()
                .notice(self.notice)
                .entry("src/editor.ts")
                .entry("src/styles/editor.css")
                .preload_fonts("<em><strong><code>"),
            sign_in: with_query("/signin", &[("next", Some(&action))]),
            action,
            unsaved: self.form.status() != StatusCode::OK || self.preview.is_some(),
            list: list(&self.form),
            nonce: token(),
            review: post.and_then(|post| ReviewNotice::of_post(post.moderation.as_ref())),
            public_path: post.and_then(|post| public_path(post.status, post.slug.as_deref())),
            editor: self,
        };
        let mut response = request.form_html(&template.editor.form, &template).await?;
        if let Some(policy) = policy_with_style_nonce(&template.nonce) {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Ok(response)
    }
}

impl EditorTemplate {
    /// The date of the first publication cannot be changed later.
    fn was_published(&self) -> bool {
        let post = self.editor.post.as_ref();
        post.is_some_and(|post| post.published_at.is_some())
    }

    /// Whether the details are open: they contain an error or the publication time.
    fn details_open(&self) -> bool {
        let fields = [
            "tags",
            "summary",
            "cover",
            "language",
            "publish_at",
            "published_at",
        ];
        fields.iter().any(|name| self.editor.form.has_error(name)) || self.list == PostList::Scheduled
    }
}
