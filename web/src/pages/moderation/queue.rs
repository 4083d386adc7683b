//! `/moderation` and `/moderation/reports`: the queue of content to review, and reported content.

use std::time::Duration;

use askama::Template;
use axum::extract::Query;
use common::{
    api::moderation::{QueueEntry, QueueFilter, ReportReason},
    error::ErrorCode,
    event::{Target, TargetKind, Timestamp},
    ids::UserId,
};
use runtime::auth::Moderator;
use serde::Deserialize;

use super::{
    Tab, decide as submit_decision,
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

/// The filter, the page, and the previous decision.
#[derive(Debug, Default, Clone, Deserialize)]
pub(in crate::pages) struct QueueQuery {
    status: Option<String>,
    kind: Option<String>,
    age: Option<String>,
    /// A user name.
    reporter: Option<String>,
    order: Option<String>,
    after: Option<String>,
    done: Option<String>,
    /// The target of the previous decision: `comment:<id>`.
    about: Option<String>,
}

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

impl QueueQuery {
    /// The path with the same filter, and `more` parameters.
    fn path(&self, tab: Tab, more: &[(&str, Option<&str>)]) -> String {
        let path = match tab {
            Tab::Reports => "/moderation/reports",
            _ => "/moderation",
        };
        let filter = self.fields();
        let mut parameters: Vec<_> = filter
            .iter()
            .map(|(name, value)| (*name, value.as_deref()))
            .collect();
        parameters.extend(more);
        with_query(path, &parameters)
    }

    /// The form of the filter.
    fn form(&self) -> Form {
        let fields = self.fields().into_iter();
        fields.fold(Form::new(), |form, (name, value)| {
            form.with(name, value.as_deref().unwrap_or_default())
        })
    }

    fn fields(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("status", &self.status),
            ("kind", &self.kind),
            ("age", &self.age),
            ("reporter", &self.reporter),
            ("order", &self.order),
        ]
    }

    /// The filter of the API.
    fn filter(&self, tab: Tab, reporter: Option<UserId>, now: Timestamp) -> QueueFilter {
        let ago = |hours: u64| Some(now.minus(Duration::from_secs(hours * 3600)).to_string());
        let (older_than, newer_than) = match self.age.as_deref() {
            Some("hour") => (ago(1), None),
            Some("day") => (ago(24), None),
            Some("week") => (ago(7 * 24), None),
            Some("new") => (None, ago(24)),
            _ => (None, None),
        };
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        QueueFilter {
            status: match tab {
                Tab::Reports => Some("reported".to_owned()),
                _ => given(&self.status),
            },
            kind: given(&self.kind),
            reporter: reporter.map(|id| id.to_string()),
            older_than,
            newer_than,
            order: given(&self.order),
        }
    }

    /// The label and the target of the previous decision.
    fn decided(&self) -> Option<(&'static str, Target)> {
        let label = match self.done.as_deref()? {
            "approve" => "Approved.",
            "reject" => "Rejected.",
            _ => return None,
        };
        let (kind, id) = self.about.as_deref()?.split_once(':')?;
        Some((label, target(kind, id)?))
    }
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
pub async fn show(request: PageRequest, _: Moderator, Query(query): Query<QueueQuery>) -> PageResult {
    queue_page(&request, &query, None).await
}

/// `POST /moderation` and `POST /moderation/reports`: decides about one entry.
pub async fn decide(
    request: PageRequest,
    _: Moderator,
    Query(query): Query<QueueQuery>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let target =
        target(form.value("kind"), form.value("id")).ok_or(PageError::NotFound("comment or post"))?;
    match submit_decision(&request, target, &mut form).await? {
        Some(action) => {
            let about = format!("{}:{}", target.kind.as_str(), target.id);
            let more = [
                ("after", query.after.as_deref()),
                ("done", Some(action)),
                ("about", Some(about.as_str())),
            ];
            Ok(request.see_other(&query.path(tab(&request), &more)))
        }
        None => queue_page(&request, &query, Some(Failed { target, form })).await,
    }
}

async fn queue_page(request: &PageRequest, query: &QueueQuery, mut failed: Option<Failed>) -> PageResult {
    let tab = tab(request);
    let mut filter = query.form();
    let reporter = find_reporter(request, query, &mut filter).await?;
    let (entries, next) = if filter.has_errors() {
        (Vec::new(), None)
    } else {
        let api_filter = query.filter(tab, reporter, Timestamp::now());
        let queue = request.api().queue(&api_filter, query.after.as_deref());
        let queue = queue.await?;
        (queue.items, queue.next)
    };
    let subjects = || entries.iter().map(|entry| &entry.subject);
    let users = subjects().flat_map(labels::users);
    let posts = subjects()
        .filter_map(|subject| (subject.target.kind == TargetKind::Comment).then_some(subject.post_id));
    let names = request.api().names(users, posts).await;
    let status = failed
        .as_ref()
        .map_or(filter.status(), |failed| failed.form.status());
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
        filtered: query.path(tab, &[]).contains('?'),
        filter,
        action: query.path(tab, &[("after", query.after.as_deref())]),
        items,
        names,
        next: next.map(|next| query.path(tab, &[("after", Some(&next))])),
        first: query.after.as_ref().map(|_| query.path(tab, &[])),
        decided: query.decided().map(|(label, target)| (label, case_path(&target))),
        unlisted: failed.map(|failed| (failed.form, case_path(&failed.target))),
    };
    request.html_with_status(status, &template).await
}

/// The id of the reporter in the filter; adds an error to the form if the user does not exist.
async fn find_reporter(
    request: &PageRequest,
    query: &QueueQuery,
    form: &mut Form,
) -> Result<Option<UserId>, PageError> {
    let name = query.reporter.as_deref().unwrap_or_default().trim();
    let name = name.trim_start_matches('@');
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
