//! `/moderation/comments/{id}` and `/moderation/posts/{id}`: a comment or post with its decisions and reports, and the
//! form for a new decision.

use askama::Template;
use axum::extract::{Path, Query};
use common::{
    api::moderation::{Case, ReportReason},
    event::{Outcome, Target, TargetKind},
};
use runtime::auth::Moderator;

use super::{
    super::paging::ListQuery,
    Tab, decide,
    labels::{self, case_path},
    target,
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

/// `GET /moderation/{kind}s/{id}`
pub async fn show(
    request: PageRequest,
    _: Moderator,
    Path((kinds, id)): Path<(String, String)>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    const APPROVED: &str = "Approved. The author can see the decision, and open reports are resolved.";
    const REJECTED: &str = "Rejected. The author can see the decision, and open reports are resolved.";
    let notice = list
        .notice("approve", APPROVED)
        .or(list.notice("reject", REJECTED));
    case_page(&request, of_path(&kinds, &id)?, notice, Form::new()).await
}

/// `POST /moderation/{kind}s/{id}`
pub async fn submit(
    request: PageRequest,
    _: Moderator,
    Path((kinds, id)): Path<(String, String)>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let target = of_path(&kinds, &id)?;
    match decide(&request, target, &mut form).await? {
        Some(action) => {
            let path = with_query(&case_path(&target), &[("done", Some(action))]);
            Ok(request.see_other(&path))
        }
        None => case_page(&request, target, None, form).await,
    }
}

/// The target of [`case_path`].
fn of_path(kinds: &str, id: &str) -> Result<Target, PageError> {
    let found = kinds.strip_suffix('s').and_then(|kind| target(kind, id));
    found.ok_or(PageError::NotFound("comment or post"))
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
