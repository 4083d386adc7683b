//! `/moderation/comments/{id}` and `/moderation/posts/{id}`: a comment or post with its decisions and reports, and the
//! form for a new decision.

use askama::Template;
use axum::extract::{Path, Query};
use common::{
    api::moderation::{Case, ReportReason},
    event::{Outcome, Target, TargetKind},
    ids::{CommentId, PostId},
};
use runtime::auth::Moderator;

use super::{
    super::paging::ListQuery,
    Tab, decide,
    labels::{self, case_path},
};
use crate::{
    api::Names,
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
    url::with_query,
};

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
    request: PageRequest,
    _: Moderator,
    Path(id): Path<CommentId>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    show(&request, id.into(), &list).await
}

/// `GET /moderation/posts/{id}`
pub async fn post(
    request: PageRequest,
    _: Moderator,
    Path(id): Path<PostId>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    show(&request, id.into(), &list).await
}

/// `POST /moderation/comments/{id}`
pub async fn decide_comment(
    request: PageRequest,
    _: Moderator,
    Path(id): Path<CommentId>,
    FormBody(form): FormBody,
) -> PageResult {
    submit(&request, id.into(), form).await
}

/// `POST /moderation/posts/{id}`
pub async fn decide_post(
    request: PageRequest,
    _: Moderator,
    Path(id): Path<PostId>,
    FormBody(form): FormBody,
) -> PageResult {
    submit(&request, id.into(), form).await
}

async fn show(request: &PageRequest, target: Target, list: &ListQuery) -> PageResult {
    const APPROVED: &str = "Approved. The author can see the decision, and open reports are resolved.";
    const REJECTED: &str = "Rejected. The author can see the decision, and open reports are resolved.";
    let notice = list
        .notice("approve", APPROVED)
        .or(list.notice("reject", REJECTED));
    case_page(request, target, notice, Form::new()).await
}

async fn submit(request: &PageRequest, target: Target, mut form: Form) -> PageResult {
    match decide(request, target, &mut form).await? {
        Some(action) => {
            let path = with_query(&case_path(&target), &[("done", Some(action))]);
            Ok(request.see_other(&path))
        }
        None => case_page(request, target, None, form).await,
    }
}

async fn case_page(request: &PageRequest, target: Target, notice: Option<&str>, form: Form) -> PageResult {
    let kind = labels::kind(&target.kind);
    let case = request.api().case(target).await;
    let case = case.map_err(|error| PageError::not_found(error, kind))?;
    let decisions = case.history.iter().chain([&case.decision]);
    let moderators = decisions.filter_map(|decision| decision.moderator_id);
    let users = labels::users(&case.subject).chain(moderators);
    let names = request.api().names(users, [case.subject.post_id]).await;
    let template = CasePage {
        page: request
            .page(format!("Moderate a {kind}"))
            .not_indexed()
            .notice(notice),
        tab: Tab::Case,
        case,
        names,
        form,
    };
    request.form_html(&template.form, &template).await
}

impl CasePage {
    /// The label of the button that approves.
    fn approve_label(&self) -> &'static str {
        match self.case.decision.outcome {
            Outcome::Rejected => "Approve instead",
            _ => "Approve",
        }
    }

    /// The label of the button that rejects.
    fn reject_label(&self) -> &'static str {
        match self.case.decision.outcome {
            Outcome::Approved => "Reject instead",
            _ => "Reject",
        }
    }
}
