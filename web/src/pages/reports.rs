//! `/report` and `/reports`: users report content, and see the outcome.

use askama::Template;
use axum::{extract::Query, http::StatusCode};
use common::{
    api::moderation::{FileReport, OwnReport, ReportReason, ReportTarget},
    event::{Target, TargetKind},
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::{
    moderation::{labels, target},
    paging::ListQuery,
};
use crate::{
    api::{ApiError, Names},
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    links::PagePath as _,
    page::Page,
    request::PageRequest,
};

/// The fields that can have errors.
const FIELDS: &[&str] = &["reason", "note"];
/// Length of the excerpt of a comment, in characters.
const EXCERPT: usize = 300;

const NOT_FOUND: PageError = PageError::NotFound("comment or post");

/// The content to report.
#[derive(Debug, Default, Deserialize)]
pub(super) struct TargetQuery {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    id: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    page: Page,
    form: Form,
    target: Target,
    excerpt: Option<String>,
    /// The title of the post, and the path of the content.
    post: Option<(String, String)>,
}

/// `GET /report?kind=comment&id=…`
pub async fn form(request: PageRequest, _: CurrentUser, Query(query): Query<TargetQuery>) -> PageResult {
    let target = target(&query.kind, &query.id).ok_or(NOT_FOUND)?;
    report_page(&request, target, Form::new()).await
}

/// `POST /report`
pub async fn file(request: PageRequest, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let target = target(form.value("kind"), form.value("id")).ok_or(NOT_FOUND)?;
    let Some(reason) = ReportReason::from_code(form.value("reason")) else {
        form.add_error("reason", "select a reason");
        return report_page(&request, target, form).await;
    };
    let report = FileReport {
        target: ReportTarget::new(target).ok_or(NOT_FOUND)?,
        reason,
        note: form.given("note").map(str::to_owned),
    };
    let Err(error) = request.api().report(&report).await else {
        return Ok(request.see_other("/reports?done=filed"));
    };
    match &error {
        ApiError::Problem(problem, _) if problem.status == 409 => {
            form.fail(StatusCode::CONFLICT, &problem.detail);
        }
        _ => form.add_api_error(error, FIELDS)?,
    }
    report_page(&request, target, form).await
}

async fn report_page(request: &PageRequest, target: Target, form: Form) -> PageResult {
    let (post_id, excerpt) = match target.comment() {
        Some(comment) => match request.api().comment(comment).await {
            Ok(comment) => {
                let text = comment.approved().map(|text| excerpt(&text.body));
                (Some(comment.post_id()), text)
            }
            // The comment can be reported without its text.
            Err(ApiError::Unavailable(_)) => (None, None),
            Err(error) => return Err(PageError::not_found(error, "comment")),
        },
        None => (target.post(), None),
    };
    let names = request.api().names([], post_id).await;
    let post = post_id.and_then(|id| names.post(&id));
    let title = format!("Report a {}", labels::kind(&target.kind));
    let template = ReportPage {
        page: request.page(title).not_indexed(),
        post: post.map(|post| (post.title.clone(), content_path(post.path(), target))),
        form,
        target,
        excerpt,
    };
    request.form_html(&template.form, &template).await
}

fn content_path(post: String, target: Target) -> String {
    match target.comment() {
        Some(comment) => format!("{post}#comment-{comment}"),
        None => post,
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "reports.html")]
struct OwnReportsPage {
    page: Page,
    reports: Vec<OwnReport>,
    names: Names,
    older: Option<String>,
    first: bool,
}

/// `GET /reports`
pub async fn own(request: PageRequest, _: CurrentUser, Query(query): Query<ListQuery>) -> PageResult {
    let reports = request.api().own_reports(query.cursor()).await?;
    let posts = reports.items.iter().filter_map(|report| report.target.post());
    let names = request.api().names([], posts).await;
    let notice = query.notice("filed", "Thank you. A moderator will review your report.");
    let page = request.page("Your reports").not_indexed();
    let template = OwnReportsPage {
        page: page.notice(notice),
        names,
        older: query.next_page("/reports", reports.next.as_deref()),
        first: query.is_first_page(),
        reports: reports.items,
    };
    request.html(&template).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_between_characters() {
        assert_eq!(excerpt("short"), "short");
        let long = "ß".repeat(EXCERPT + 1);
        assert_eq!(excerpt(&long), format!("{}…", "ß".repeat(EXCERPT)));
    }
}
