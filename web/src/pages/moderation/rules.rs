//! `/moderation/rules`: all rules in one form, their history, and a test of the rules on a text.

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, Query},
    response::Response,
};
use common::api::{
    Page as List,
    moderation::{PutRules, RuleSet, RulesChange, RulesTrial},
};
use runtime::auth::Moderator;
use serde::Deserialize;

use super::{
    Tab, conflict, labels,
    rules_form::{Block, DOMAINS, PHRASES, blocks, form_of, parse},
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

/// The maximum number of phrases, each character percent-encoded.
const MAX_FORM_BYTES: usize = 4 * 1024 * 1024;

/// The body limit of the form of the rules, which is larger than that of other forms.
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

#[derive(Debug, Default, Deserialize)]
pub(in crate::pages) struct RulesQuery {
    /// The revision that fills the form.
    from: Option<u64>,
    /// The cursor of the history.
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
    /// The active revision; `None` while it is unavailable.
    revision: Option<u64>,
    /// The revision that fills the form, if it is another one.
    from: Option<u64>,
    /// `None` while it is unavailable.
    history: Option<List<RulesChange>>,
    older: Option<String>,
    names: Names,
    test: Form,
    result: Option<RulesTrial>,
}

/// What the page shows in addition to the active rules.
#[derive(Default)]
struct Content {
    /// The submitted form with errors.
    form: Option<Form>,
    /// The form of the test.
    test: Form,
    result: Option<RulesTrial>,
    notice: Option<&'static str>,
}

/// `GET /moderation/rules`
pub async fn show(request: PageRequest, _: Moderator, Query(query): Query<RulesQuery>) -> PageResult {
    let saved = query.done.as_deref() == Some("saved");
    let content = Content {
        notice: saved.then_some("Rules saved. They apply to new content from now on."),
        ..Content::default()
    };
    rules_page(&request, &query, content).await
}

/// `POST /moderation/rules`
pub async fn save(request: PageRequest, _: Moderator, FormBody(mut form): FormBody) -> PageResult {
    let Ok(version) = form.value("version").parse() else {
        form.add_alert("this form is incomplete: reload the page");
        return with_errors(&request, form).await;
    };
    let Some(parsed) = parse(&mut form) else {
        return with_errors(&request, form).await;
    };
    let rules = PutRules {
        note: form.given("note").map(str::to_owned),
        rules: parsed.rules,
    };
    let Err(error) = request.api().put_rules(&rules, version).await else {
        return Ok(request.see_other("/moderation/rules?done=saved"));
    };
    if conflict(&error).is_some() {
        form.fail_outdated("the rules were changed after you opened this page");
    } else {
        parsed.blocks.add_api_error(&mut form, &rules.rules, error)?;
    }
    with_errors(&request, form).await
}

async fn with_errors(request: &PageRequest, form: Form) -> PageResult {
    let content = Content {
        form: Some(form),
        ..Content::default()
    };
    rules_page(request, &RulesQuery::default(), content).await
}

/// `GET /moderation/rules/try`, as after a reload of the result.
pub async fn after_reload(request: PageRequest, _: Moderator) -> Response {
    request.see_other("/moderation/rules#try-rules")
}

/// `POST /moderation/rules/try`
pub async fn test(request: PageRequest, _: Moderator, FormBody(mut form): FormBody) -> PageResult {
    let mut content = Content::default();
    if form.given("text").is_none() {
        form.add_error("text", "enter a text to test");
    } else {
        match request.api().try_rules(form.value("text")).await {
            Ok(result) => content.result = Some(result),
            Err(error) => form.add_api_error(error, &["text"])?,
        }
    }
    content.test = form;
    rules_page(&request, &RulesQuery::default(), content).await
}

async fn rules_page(request: &PageRequest, query: &RulesQuery, content: Content) -> PageResult {
    let former = async {
        match query.from {
            Some(revision) => former_rules(request, revision).await.map(Some),
            None => Ok(None),
        }
    };
    let (active, history, former) = tokio::join!(
        request.api().rules(),
        request.api().rules_history(query.after.as_deref()),
        former
    );
    let active = match active {
        Ok(active) => Some(active),
        // A submitted form is shown in any case.
        Err(_) if content.form.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let history = history.ok();
    let changes = history.iter().flat_map(|history| &history.items);
    let moderators = changes.map(|change| change.changed_by);
    let names = request.api().names(moderators, []).await;
    let former = former?;
    let version = active.as_ref().map(|active| active.version);
    let form = match (content.form, &former, &active) {
        // The page shows the active revision, so saving again replaces it.
        (Some(form), ..) if form.is_outdated() => match version {
            Some(version) => form.with("version", version.to_string()),
            None => form,
        },
        (Some(form), ..) => form,
        (None, Some(former), _) => form_of(former, version.unwrap_or_default()),
        (None, None, Some(active)) => form_of(&active.rules, active.version),
        (None, None, None) => Form::new(),
    };
    let next = history.as_ref().and_then(|history| history.next.as_deref());
    let older = next.map(|next| with_query("/moderation/rules", &[("after", Some(next))]));
    let page = request.page("Rules").not_indexed().notice(content.notice);
    let template = RulesPage {
        page: page.entry("src/moderation.ts"),
        tab: Tab::Rules,
        phrases: blocks(&form, PHRASES),
        domains: blocks(&form, DOMAINS),
        form,
        revision: active.map(|active| active.revision),
        from: query.from,
        older: older.map(|older| format!("{older}#history")),
        history,
        names,
        test: content.test,
        result: content.result,
    };
    let submitted = if template.test.has_errors() {
        &template.test
    } else {
        &template.form
    };
    request.form_html(submitted, &template).await
}

async fn former_rules(request: &PageRequest, revision: u64) -> Result<RuleSet, PageError> {
    const WHAT: &str = "revision of the rules";
    let change = request.api().rules_revision(revision).await;
    let change = change.map_err(|error| PageError::not_found(error, WHAT))?;
    change.rules.ok_or(PageError::NotFound(WHAT))
}
