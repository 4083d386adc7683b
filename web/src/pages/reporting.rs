//! `/report` and `/reports`: readers call for a moderator, and see what came of it.

use askama::Template;
use axum::{extract::Query, http::StatusCode};
use common::{
    api::Page as List,
    event::{Target, TargetKind},
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use super::moderation::{target, words};
use crate::{
    api::{Trouble, moderating::OwnReport, naming::Names, with_query},
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// The fields that messages can stand beside.
const FIELDS: &[&str] = &["reason", "note"];
/// So much of a comment is shown to know it again, in characters.
const EXCERPT: usize = 300;

/// What is to be reported.
#[derive(Debug, Default, Deserialize)]
pub struct About {
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
    /// The title of the post, and the place in it.
    post: Option<(String, String)>,
}

/// `GET /report?kind=comment&id=…`
pub async fn form(visit: Visit, _: CurrentUser, Query(about): Query<About>) -> PageResult {
    let target = target(&about.kind, &about.id).ok_or(Failure::NotFound("comment or post"))?;
    page(&visit, target, Form::new(), StatusCode::OK).await
}

/// `POST /report`
pub async fn file(visit: Visit, _: CurrentUser, FormBody(mut form): FormBody) -> PageResult {
    let target = target(form.value("kind"), form.value("id")).ok_or(Failure::NotFound("comment or post"))?;
    let Some(reason) = form.given("reason") else {
        form.refuse_field("reason", "select a reason");
        return page(&visit, target, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let filed = visit.api().report(target, reason, form.given("note")).await;
    let Err(trouble) = filed else {
        return Ok(visit.see_other("/reports?done=filed"));
    };
    let before = matches!(&trouble, Trouble::Problem(problem, _) if problem.status == 409);
    form.take(trouble, FIELDS)?;
    let status = if before {
        StatusCode::CONFLICT
    } else {
        form.status()
    };
    page(&visit, target, form, status).await
}

async fn page(visit: &Visit, target: Target, form: Form, status: StatusCode) -> PageResult {
    let (on, excerpt) = match target.kind {
        TargetKind::Comment => match visit.api().remark(target).await {
            Ok(remark) => {
                let text = remark.value.approved.map(|text| excerpt(&text.body));
                (Some(remark.value.post_id), text)
            }
            // It can be reported all the same.
            Err(Trouble::Away(_)) => (None, None),
            Err(trouble) if trouble.is("not_found") => return Err(Failure::NotFound("comment")),
            Err(trouble) => return Err(trouble.into()),
        },
        _ => (target.post(), None),
    };
    let names = visit.api().names([], on).await;
    let post = on.and_then(|id| names.post(&id));
    let title = format!("Report a {}", words::kind(&target.kind));
    let template = ReportPage {
        page: visit.page(title).not_indexed(),
        post: post.map(|post| (post.title.clone(), place(post.path(), target))),
        form,
        target,
        excerpt,
    };
    visit.html_with(status, &template).await
}

/// Where in the post it is.
fn place(post: String, target: Target) -> String {
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

/// Where in one's reports one is, and what was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    page: Page,
    reports: List<OwnReport>,
    names: Names,
    older: Option<String>,
    first: bool,
}

/// `GET /reports`
pub async fn own(visit: Visit, _: CurrentUser, Query(place): Query<Place>) -> PageResult {
    let reports = visit.api().own_reports(place.after.as_deref()).await?.value;
    let posts = reports.items.iter().filter_map(|report| report.target.post());
    let names = visit.api().names([], posts).await;
    let filed = place.done.as_deref() == Some("filed");
    let older = |next: &str| with_query("/reports", &[("after", Some(next))]);
    let template = ReportsPage {
        page: visit
            .page("Your reports")
            .not_indexed()
            .notice(filed.then_some("Thank you. A moderator will review your report.")),
        names,
        older: reports.next.as_deref().map(older),
        first: place.after.is_none(),
        reports,
    };
    visit.html(&template).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_between_letters() {
        assert_eq!(excerpt("short"), "short");
        let long = "ß".repeat(EXCERPT + 1);
        assert_eq!(excerpt(&long), format!("{}…", "ß".repeat(EXCERPT)));
    }
}
