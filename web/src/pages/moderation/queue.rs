//! `/moderation` and `/moderation/reports`: what waits for a moderator, and what readers report.

use askama::Template;
use axum::{extract::Query, http::StatusCode};
use common::{
    event::{Target, Timestamp},
    ids::UserId,
};
use runtime::auth::Moderator;
use serde::Deserialize;

use super::{Tab, refused, ruling, target, words};
use crate::{
    api::{
        moderating::{Entry, QueueQuery, case_path},
        naming::Names,
        with_query,
    },
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// Which part of the queue is looked at, and what was decided just before.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Filter {
    status: Option<String>,
    kind: Option<String>,
    age: Option<String>,
    /// A user name.
    reporter: Option<String>,
    order: Option<String>,
    after: Option<String>,
    done: Option<String>,
    /// What was decided: `comment:<id>`.
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

impl Filter {
    /// The path of the same part; `after` and what was done before are another matter.
    fn path(&self, tab: Tab, more: &[(&str, Option<&str>)]) -> String {
        let path = match tab {
            Tab::Reports => "/moderation/reports",
            _ => "/moderation",
        };
        let mut parameters = vec![
            ("status", self.status.as_deref()),
            ("kind", self.kind.as_deref()),
            ("age", self.age.as_deref()),
            ("reporter", self.reporter.as_deref()),
            ("order", self.order.as_deref()),
        ];
        parameters.extend(more);
        with_query(path, &parameters)
    }

    /// As the form that chooses it.
    fn form(&self) -> Form {
        let fields = [
            ("status", &self.status),
            ("kind", &self.kind),
            ("age", &self.age),
            ("reporter", &self.reporter),
            ("order", &self.order),
        ];
        fields.into_iter().fold(Form::new(), |form, (name, value)| {
            form.with(name, value.as_deref().unwrap_or_default())
        })
    }

    /// Since before and since when things stand so.
    fn ages(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let ago = |hours: u64| Some(now.minus(std::time::Duration::from_secs(hours * 3600)));
        match self.age.as_deref() {
            Some("hour") => (ago(1), None),
            Some("day") => (ago(24), None),
            Some("week") => (ago(7 * 24), None),
            Some("new") => (None, ago(24)),
            _ => (None, None),
        }
    }

    /// What was decided just before.
    fn decided(&self) -> Option<(&'static str, Target)> {
        let word = match self.done.as_deref()? {
            "approve" => "Approved.",
            "reject" => "Rejected.",
            _ => return None,
        };
        let (kind, id) = self.about.as_deref()?.split_once(':')?;
        Some((word, target(kind, id)?))
    }
}

/// An entry with the form that decides about it.
struct Item {
    entry: Entry,
    form: Form,
}

#[derive(Template)]
#[template(path = "moderation/queue.html")]
struct QueuePage {
    page: Page,
    tab: Tab,
    filter: Form,
    filtered: bool,
    /// Where decisions are sent: this very part.
    here: String,
    items: Vec<Item>,
    names: Names,
    next: Option<String>,
    first: Option<String>,
    /// What was decided just before: the word and the page about it.
    decided: Option<(&'static str, String)>,
    /// What is wrong with a decision about something that is not listed any more, and the page about it.
    unlisted: Option<(Form, String)>,
}

/// A decision that was refused.
struct Refused {
    target: Target,
    form: Form,
    status: StatusCode,
}

fn tab(visit: &Visit) -> Tab {
    match visit.path() {
        "/moderation/reports" => Tab::Reports,
        _ => Tab::Queue,
    }
}

/// `GET /moderation` and `GET /moderation/reports`
pub async fn show(visit: Visit, _: Moderator, Query(filter): Query<Filter>) -> PageResult {
    page(&visit, &filter, None).await
}

/// `POST` to either: a decision about one entry
pub async fn decide(
    visit: Visit,
    _: Moderator,
    Query(filter): Query<Filter>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let about = target(form.value("kind"), form.value("id")).ok_or(Failure::NotFound("comment or post"))?;
    let version = form.value("version").parse().ok();
    let status = match ruling(&mut form) {
        None => StatusCode::UNPROCESSABLE_ENTITY,
        Some(ruling) => match visit.api().decide(about, version, &ruling).await {
            Ok(_) => {
                let name = format!("{}:{}", about.kind.as_str(), about.id);
                let more = [
                    ("after", filter.after.as_deref()),
                    ("done", Some(ruling.decision)),
                    ("about", Some(name.as_str())),
                ];
                return Ok(visit.see_other(&filter.path(tab(&visit), &more)));
            }
            Err(trouble) => refused(&mut form, trouble)?,
        },
    };
    let refused = Refused {
        target: about,
        form,
        status,
    };
    page(&visit, &filter, Some(refused)).await
}

async fn page(visit: &Visit, filter: &Filter, mut refused: Option<Refused>) -> PageResult {
    let tab = tab(visit);
    let mut chosen = filter.form();
    let reporter = reporter(visit, filter, &mut chosen).await?;
    let (older_than, newer_than) = filter.ages(Timestamp::now());
    let query = QueueQuery {
        status: match tab {
            Tab::Reports => Some("reported"),
            _ => filter.status.as_deref(),
        },
        kind: filter.kind.as_deref(),
        reporter,
        older_than,
        newer_than,
        order: filter.order.as_deref(),
        after: filter.after.as_deref(),
    };
    let (entries, next) = if chosen.is_refused() {
        (Vec::new(), None)
    } else {
        let found = visit.api().queue(&query).await?.value;
        (found.items, found.next)
    };
    let subjects = || entries.iter().map(|entry| &entry.subject);
    let people = subjects().flat_map(|subject| subject.people());
    let posts = subjects().filter_map(|subject| subject.on());
    let names = visit.api().names(people, posts).await;
    let mut status = chosen.status();
    let (mut items, mut unlisted) = (Vec::new(), None);
    for entry in entries {
        let form = match refused.take_if(|refused| refused.target == entry.subject.target) {
            Some(refused) => {
                status = refused.status;
                refused.form
            }
            None => Form::new(),
        };
        items.push(Item { entry, form });
    }
    if let Some(refused) = refused {
        status = refused.status;
        unlisted = Some((refused.form, case_path(refused.target)));
    }
    let title = match tab {
        Tab::Reports => "Reports",
        _ => "Moderation",
    };
    let template = QueuePage {
        page: visit
            .page(title)
            .not_indexed()
            .with_entry(visit, "src/moderation.ts"),
        tab,
        filtered: filter.path(tab, &[]).contains('?'),
        filter: chosen,
        here: filter.path(tab, &[("after", filter.after.as_deref())]),
        items,
        names,
        next: next.map(|next| filter.path(tab, &[("after", Some(&next))])),
        first: filter.after.as_ref().map(|_| filter.path(tab, &[])),
        decided: filter.decided().map(|(word, target)| (word, case_path(target))),
        unlisted,
    };
    visit.html_with(status, &template).await
}

/// The id of the reporter whose name is typed into the filter; beside it stands if there is nobody of that name.
async fn reporter(visit: &Visit, filter: &Filter, form: &mut Form) -> Result<Option<UserId>, Failure> {
    let name = filter.reporter.as_deref().unwrap_or_default().trim();
    let name = name.trim_start_matches('@');
    if name.is_empty() {
        return Ok(None);
    }
    match visit.api().profile(name).await {
        Ok(profile) => Ok(Some(profile.id)),
        Err(trouble) if trouble.is("not_found") => {
            form.refuse_field("reporter", "no user has this name");
            Ok(None)
        }
        Err(trouble) => Err(trouble.into()),
    }
}
