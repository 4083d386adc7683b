//! `/moderation/comments/{id}` and `/moderation/posts/{id}`: how one comment or post stands, what was decided before,
//! who reports it, and a decision, which may be the reverse of the present one.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::{
    event::{Outcome, Target},
    ids::{CommentId, PostId},
};
use runtime::auth::Moderator;
use serde::Deserialize;

use super::{Tab, refused, ruling, words};
use crate::{
    api::{
        moderating::{Case, case_path},
        naming::Names,
        with_query,
    },
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// What was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "moderation/case.html")]
struct CasePage {
    page: Page,
    tab: Tab,
    case: Case,
    names: Names,
    form: Form,
}

/// `GET /moderation/comments/{id}`
pub async fn comment(
    visit: Visit,
    _: Moderator,
    Path(id): Path<CommentId>,
    Query(place): Query<Place>,
) -> PageResult {
    show(&visit, id.into(), &place).await
}

/// `GET /moderation/posts/{id}`
pub async fn post(
    visit: Visit,
    _: Moderator,
    Path(id): Path<PostId>,
    Query(place): Query<Place>,
) -> PageResult {
    show(&visit, id.into(), &place).await
}

/// `POST /moderation/comments/{id}`
pub async fn decide_comment(
    visit: Visit,
    _: Moderator,
    Path(id): Path<CommentId>,
    FormBody(form): FormBody,
) -> PageResult {
    decide(&visit, id.into(), form).await
}

/// `POST /moderation/posts/{id}`
pub async fn decide_post(
    visit: Visit,
    _: Moderator,
    Path(id): Path<PostId>,
    FormBody(form): FormBody,
) -> PageResult {
    decide(&visit, id.into(), form).await
}

async fn show(visit: &Visit, target: Target, place: &Place) -> PageResult {
    let notice = match place.done.as_deref() {
        Some("approve") => Some("Approved. The author can see the decision, and open reports are resolved."),
        Some("reject") => Some("Rejected. The author can see the decision, and open reports are resolved."),
        _ => None,
    };
    page(visit, target, notice, Form::new(), StatusCode::OK).await
}

async fn decide(visit: &Visit, target: Target, mut form: Form) -> PageResult {
    let version = form.value("version").parse().ok();
    let status = match ruling(&mut form) {
        None => StatusCode::UNPROCESSABLE_ENTITY,
        Some(ruling) => match visit.api().decide(target, version, &ruling).await {
            Ok(_) => {
                let path = with_query(&case_path(target), &[("done", Some(ruling.decision))]);
                return Ok(visit.see_other(&path));
            }
            Err(trouble) => refused(&mut form, trouble)?,
        },
    };
    page(visit, target, None, form, status).await
}

async fn page(
    visit: &Visit,
    target: Target,
    notice: Option<&str>,
    form: Form,
    status: StatusCode,
) -> PageResult {
    let case = match visit.api().case(target).await {
        Ok(case) => case.value,
        Err(trouble) if trouble.is("not_found") => return Err(Failure::NotFound(words::kind(&target.kind))),
        Err(trouble) => return Err(trouble.into()),
    };
    let decisions = case.history.iter().chain([&case.decision]);
    let moderators = decisions.filter_map(|decision| decision.moderator_id);
    let people = case.subject.people().chain(moderators);
    let names = visit.api().names(people, [case.subject.post_id]).await;
    let title = format!("Moderate a {}", words::kind(&target.kind));
    let template = CasePage {
        page: visit.page(title).not_indexed().notice(notice),
        tab: Tab::Case,
        case,
        names,
        form,
    };
    visit.html_with(status, &template).await
}

impl Case {
    /// What the button that approves says.
    fn approve(&self) -> &'static str {
        match self.decision.outcome {
            Outcome::Rejected => "Approve instead",
            _ => "Approve",
        }
    }

    /// What the button that rejects says.
    fn reject(&self) -> &'static str {
        match self.decision.outcome {
            Outcome::Approved => "Reject instead",
            _ => "Reject",
        }
    }
}
