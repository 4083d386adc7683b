//! `/moderation/rules`: the whole rule set in one form, the changes of it, and a box to try a text.

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, Query},
    http::StatusCode,
    response::Response,
};
use common::api::Page as List;
use runtime::auth::Moderator;
use serde::Deserialize;

use super::{
    Tab,
    form::{Block, DOMAINS, PHRASES, blocks, filled, read},
    outdated, words,
};
use crate::{
    api::{
        naming::Names,
        rules::{RuleSet, RulesChange, Trial},
        with_query,
    },
    failure::{Failure, PageResult},
    filters,
    forms::{Form, FormBody},
    page::Page,
    visit::Visit,
};

/// As many phrases as there may be, each letter escaped as a form does it.
const MAX_FORM_BYTES: usize = 4 * 1024 * 1024;

/// How much of a form is read here; elsewhere forms are shorter.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_FORM_BYTES)
}

const LIST_ACTIONS: [(&str, &str); 4] = [
    ("hold", "Hold for review"),
    ("reject", "Reject"),
    ("approve", "Allow"),
    ("off", "Off"),
];
const ACTIONS: [(&str, &str); 4] = [
    ("hold", "Hold for review"),
    ("reject", "Reject"),
    ("approve", "Record only"),
    ("off", "Off"),
];

/// Which rules are shown, where the history begins, and what was done before.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    /// A revision whose rules fill the form.
    from: Option<u64>,
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "moderation/rules.html")]
struct RulesPage {
    page: Page,
    tab: Tab,
    form: Form,
    phrases: Vec<Block>,
    domains: Vec<Block>,
    /// The revision in force; `None` while it cannot be asked for.
    revision: Option<u64>,
    /// The revision that fills the form, where it is another one.
    from: Option<u64>,
    /// `None` while it cannot be asked for.
    history: Option<List<RulesChange>>,
    older: Option<String>,
    names: Names,
    trial: Form,
    result: Option<Trial>,
}

/// What the page shows beside the rules in force.
#[derive(Default)]
struct Shown {
    /// The form as it was sent, where it was refused.
    form: Option<Form>,
    /// It was refused because others have changed the rules.
    conflict: bool,
    status: StatusCode,
    trial: Form,
    result: Option<Trial>,
    notice: Option<&'static str>,
}

/// `GET /moderation/rules`
pub async fn show(visit: Visit, _: Moderator, Query(place): Query<Place>) -> PageResult {
    let saved = place.done.as_deref() == Some("saved");
    let shown = Shown {
        notice: saved.then_some("Rules saved. They apply to new content from now on."),
        ..Shown::default()
    };
    page(&visit, &place, shown).await
}

/// `POST /moderation/rules`
pub async fn save(visit: Visit, _: Moderator, FormBody(mut form): FormBody) -> PageResult {
    let Ok(version) = form.value("version").parse() else {
        form.refuse("this form is incomplete: reload the page");
        return refused(&visit, form, false).await;
    };
    let Some(read) = read(&mut form) else {
        return refused(&visit, form, false).await;
    };
    let note = form.given("note");
    let Err(trouble) = visit.api().put_rules(&read.rules, note, version).await else {
        return Ok(visit.see_other("/moderation/rules?done=saved"));
    };
    let conflict = outdated(&trouble).is_some();
    if conflict {
        form.refuse("the rules were changed after you opened this page");
    } else {
        read.refuse(&mut form, trouble)?;
    }
    refused(&visit, form, conflict).await
}

async fn refused(visit: &Visit, form: Form, conflict: bool) -> PageResult {
    let status = if conflict {
        StatusCode::PRECONDITION_FAILED
    } else {
        form.status()
    };
    let shown = Shown {
        form: Some(form),
        conflict,
        status,
        ..Shown::default()
    };
    page(visit, &Place::default(), shown).await
}

/// `GET /moderation/rules/try`, as after a reload
pub async fn tried(visit: Visit, _: Moderator) -> Response {
    visit.see_other("/moderation/rules#try-rules")
}

/// `POST /moderation/rules/try`
pub async fn try_out(visit: Visit, _: Moderator, FormBody(mut form): FormBody) -> PageResult {
    let mut shown = Shown::default();
    if form.given("text").is_none() {
        form.refuse_field("text", "enter a text to test");
    } else {
        match visit.api().try_rules(form.value("text")).await {
            Ok(trial) => shown.result = Some(trial.value),
            Err(trouble) => form.take(trouble, &["text"])?,
        }
    }
    shown.status = form.status();
    shown.trial = form;
    page(&visit, &Place::default(), shown).await
}

async fn page(visit: &Visit, place: &Place, shown: Shown) -> PageResult {
    let former = async {
        match place.from {
            Some(revision) => former(visit, revision).await.map(Some),
            None => Ok(None),
        }
    };
    let (in_force, history, former) = tokio::join!(
        visit.api().rules(),
        visit.api().rules_history(place.after.as_deref()),
        former
    );
    let in_force = match in_force {
        Ok(in_force) => Some(in_force.value),
        // What was typed is shown at any rate.
        Err(_) if shown.form.is_some() => None,
        Err(trouble) => return Err(trouble.into()),
    };
    let history = history.ok().map(|history| history.value);
    let changes = history.iter().flat_map(|history| &history.items);
    let names = visit
        .api()
        .names(changes.filter_map(|change| change.changed_by), [])
        .await;
    let former = former?;
    let version = in_force.as_ref().map(|in_force| in_force.version);
    let form = match (shown.form, &former, &in_force) {
        // Sent once more it is meant for the rules that are in force now.
        (Some(form), ..) if shown.conflict => match version {
            Some(version) => form.with("version", version.to_string()),
            None => form,
        },
        (Some(form), ..) => form,
        (None, Some(former), _) => filled(former, version.unwrap_or_default()),
        (None, None, Some(in_force)) => filled(&in_force.rules, in_force.version),
        (None, None, None) => Form::new(),
    };
    let next = history.as_ref().and_then(|history| history.next.as_deref());
    let older = next.map(|next| with_query("/moderation/rules", &[("after", Some(next))]));
    let page = visit.page("Rules").not_indexed().notice(shown.notice);
    let template = RulesPage {
        page: page.with_entry(visit, "src/moderation.ts"),
        tab: Tab::Rules,
        phrases: blocks(&form, PHRASES),
        domains: blocks(&form, DOMAINS),
        form,
        revision: in_force.map(|in_force| in_force.revision),
        from: place.from,
        older: older.map(|older| format!("{older}#history")),
        history,
        names,
        trial: shown.trial,
        result: shown.result,
    };
    visit.html_with(shown.status, &template).await
}

/// The rules as they were.
async fn former(visit: &Visit, revision: u64) -> Result<RuleSet, Failure> {
    const UNKNOWN: Failure = Failure::NotFound("revision of the rules");
    match visit.api().rules_revision(revision).await {
        Ok(change) => change.value.rules.ok_or(UNKNOWN),
        Err(trouble) if trouble.is("not_found") => Err(UNKNOWN),
        Err(trouble) => Err(trouble.into()),
    }
}
