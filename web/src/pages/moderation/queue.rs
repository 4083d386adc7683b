//! `/moderation` and `/moderation/reports`: the queue of content to review, and reported content.

use std::time::Duration;

use askama::Template;
use common::{
    api::moderation::{QueueEntry, QueueFilter, ReportReason},
    error::ErrorCode,
    event::{Target, TargetKind, Timestamp},
    ids::UserId,
};
use runtime::auth::Moderator;

use super::{
    Tab, decide as submit_decision,
    labels::{self, case_path},
    target,
};
use crate::{
    api::Names,
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody, FormQuery},
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
    url::with_query,
};

/// The fields of the filter. The query has also the cursor `after`, and of the previous decision its result `done` and its
/// target `about`, such as `comment:<id>`.
const FILTER: [&str; 5] = ["status", "kind", "age", "reporter", "order"];

const STATUSES: [(&str, &str); 4] = [
    ("", "Pending"),
    ("reported", "Reported"),
    ("rejected", "Rejected"),
    ("approved", "Approved"),
];
const KINDS: [(&str, &str); 3] = [
    ("", "Comments and posts"),
    ("comment", "Comments"),
    ("post", "Posts"),
];
const ORDERS: [(&str, &str); 2] = [("", "Oldest first"), ("newest", "Newest first")];
const AGES: [(&str, &str); 5] = [
    ("", "Any time"),
    ("hour", "Older than an hour"),
    ("day", "Older than a day"),
    ("week", "Older than a week"),
    ("new", "Newer than a day"),
];

/// The path of the queue with the same filter, and `more` parameters.
fn queue_path(query: &Form, tab: Tab, more: &[(&str, Option<&str>)]) -> String {
    let path = match tab {
        Tab::Reports => "/moderation/reports",
        _ => "/moderation",
    };
    let filter = FILTER.map(|name| (name, query.given(name)));
    with_query(path, &[&filter, more].concat())
}

/// The filter of the API.
fn api_filter(query: &Form, tab: Tab, reporter: Option<UserId>, now: Timestamp) -> QueueFilter {
    let ago = |hours: u64| Some(now.minus(Duration::from_secs(hours * 3600)).to_string());
    let (older_than, newer_than) = match query.value("age") {
        "hour" => (ago(1), None),
        "day" => (ago(24), None),
        "week" => (ago(7 * 24), None),
        "new" => (None, ago(24)),
        _ => (None, None),
    };
    let given = |name| query.given(name).map(str::to_owned);
    QueueFilter {
        status: match tab {
            Tab::Reports => Some("reported".to_owned()),
            _ => given("status"),
        },
        kind: given("kind"),
        reporter: reporter.map(|id| id.to_string()),
        older_than,
        newer_than,
        order: given("order"),
    }
}

/// The label of the previous decision, and the path of its target.
fn decided(query: &Form) -> Option<(&'static str, String)> {
    let label = match query.value("done") {
        "approve" => "Approved.",
        "reject" => "Rejected.",
        _ => return None,
    };
    let (kind, id) = query.value("about").split_once(':')?;
    Some((label, case_path(&target(kind, id)?)))
}

/// An entry with the form for its decision.
struct Item {
    entry: QueueEntry,
    form: Form,
}

#[derive(Template)]
#[template(path = "moderation/queue.html")]
struct QueuePage {
    page: Page,
    tab: Tab,
    filter: Form,
    filtered: bool,
    /// The path that decisions are submitted to: the same page of the queue.
    action: String,
    items: Vec<Item>,
    names: Names,
    next: Option<String>,
    first: Option<String>,
    /// The label of the previous decision, and the path of its target.
    decided: Option<(&'static str, String)>,
    /// The form with the errors of a decision whose target is no longer listed, and the path of the target.
    unlisted: Option<(Form, String)>,
}

/// A decision with errors.
struct Failed {
    target: Target,
    form: Form,
}

fn tab(request: &PageRequest) -> Tab {
    match request.path() {
        "/moderation/reports" => Tab::Reports,
        _ => Tab::Queue,
    }
}

/// `GET /moderation` and `GET /moderation/reports`
pub async fn show(request: PageRequest, _: Moderator, FormQuery(query): FormQuery) -> PageResult {
    queue_page(&request, query, None).await
}

/// `POST /moderation` and `POST /moderation/reports`: decides about one entry.
pub async fn decide(
    request: PageRequest,
    _: Moderator,
    FormQuery(query): FormQuery,
    FormBody(mut form): FormBody,
) -> PageResult {
    let target =
        target(form.value("kind"), form.value("id")).ok_or(PageError::NotFound("comment or post"))?;
    match submit_decision(&request, target, &mut form).await? {
        Some(action) => {
            let about = format!("{}:{}", target.kind.as_str(), target.id);
            let more = [
                ("after", query.given("after")),
                ("done", Some(action)),
                ("about", Some(about.as_str())),
            ];
            Ok(request.see_other(&queue_path(&query, tab(&request), &more)))
        }
        None => queue_page(&request, query, Some(Failed { target, form })).await,
    }
}

async fn queue_page(request: &PageRequest, mut query: Form, mut failed: Option<Failed>) -> PageResult {
    let tab = tab(request);
    let reporter = find_reporter(request, &mut query).await?;
    let after = query.given("after");
    let (entries, next) = if query.has_errors() {
        (Vec::new(), None)
    } else {
        let filter = api_filter(&query, tab, reporter, Timestamp::now());
        let queue = request.api().queue(&filter, after).await?;
        (queue.items, queue.next)
    };
    let subjects = || entries.iter().map(|entry| &entry.subject);
    let users = subjects().flat_map(labels::users);
    let posts = subjects()
        .filter_map(|subject| (subject.target.kind == TargetKind::Comment).then_some(subject.post_id));
    let names = request.api().names(users, posts).await;
    let status = failed
        .as_ref()
        .map_or(query.status(), |failed| failed.form.status());
    let item = |entry: QueueEntry| {
        let failed = failed.take_if(|failed| failed.target == entry.subject.target);
        let form = failed.map(|failed| failed.form).unwrap_or_default();
        Item { entry, form }
    };
    let items = entries.into_iter().map(item).collect();
    let title = match tab {
        Tab::Reports => "Reports",
        _ => "Moderation",
    };
    let template = QueuePage {
        page: request.page(title).not_indexed().entry("src/moderation.ts"),
        tab,
        filtered: queue_path(&query, tab, &[]).contains('?'),
        action: queue_path(&query, tab, &[("after", after)]),
        items,
        names,
        next: next.map(|next| queue_path(&query, tab, &[("after", Some(&next))])),
        first: after.map(|_| queue_path(&query, tab, &[])),
        decided: decided(&query),
        filter: query.clone(),
        unlisted: failed.map(|failed| (failed.form, case_path(&failed.target))),
    };
    request.html_with_status(status, &template).await
}

/// The id of the reporter in the filter; adds an error to the form if the user does not exist.
async fn find_reporter(request: &PageRequest, form: &mut Form) -> Result<Option<UserId>, PageError> {
    let name = form.value("reporter").trim().trim_start_matches('@');
    if name.is_empty() {
        return Ok(None);
    }
    match request.api().profile(name).await {
        Ok(profile) => Ok(Some(profile.id)),
        Err(error) if error.is(ErrorCode::NotFound) => {
            form.add_error("reporter", "no user has this name");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
