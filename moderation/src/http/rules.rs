//! The rules, and their history.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use common::{
    api::{
        Page,
        moderation::{CurrentRules, PutRules, RulesChange, RulesTrial, TryRules},
    },
    consistency::ConsistencyToken,
    event::{AggregateKind, RulesetState},
};
use runtime::{
    auth::Moderator,
    error::ApiError,
    http::{ETag, IfMatch, Json, PageParams, Path, ProblemResponses, WriteContext, page_of},
};

use super::responses;
use crate::{commands::Commands, domain::ruleset::RulesetChange};

/// Read the active rules
#[utoipa::path(get, path = "/api/moderation/rules", tag = "rules",
    responses((status = 200, body = CurrentRules),
        (status = 403, description = "Not a moderator"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn get(State(commands): State<Commands>, _: Moderator) -> Result<impl IntoResponse, ApiError> {
    let rules = responses::current_rules(&*commands.rules().await?);
    Ok((ETag(rules.version), Json(rules)))
}

/// Change the rules
///
/// They judge every later text; earlier decisions stay. The same rules again change nothing. The version of the default
/// rules is 0.
#[utoipa::path(put, path = "/api/moderation/rules", tag = "rules", request_body = PutRules, params(IfMatch),
    responses((status = 200, body = CurrentRules),
        (status = 422, description = "Invalid rules; `errors` names the fields"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn put(
    State(commands): State<Commands>,
    context: WriteContext<Moderator>,
    IfMatch(version): IfMatch,
    Json(body): Json<PutRules>,
) -> Result<Response, ApiError> {
    let Moderator(user) = &context.user;
    let change = RulesetChange {
        rules: body.rules,
        note: body.note,
        moderator_id: user.id,
    };
    let active = commands.change_rules(&change, version, &context.cause).await?;
    let token = ConsistencyToken::new(AggregateKind::Ruleset, RulesetState::ID, active.version);
    Ok(context.updated(token, responses::current_rules(&active)))
}

/// List the changes of the rules, newest first
///
/// The last hundred changes are kept.
#[utoipa::path(get, path = "/api/moderation/rules/history", tag = "rules", params(PageParams),
    responses((status = 200, body = Page<RulesChange>), (status = 403, description = "Not a moderator"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn history(
    State(commands): State<Commands>,
    _: Moderator,
    page: PageParams,
) -> Result<Json<Page<RulesChange>>, ApiError> {
    let before: Option<u64> = page.after()?;
    let found = commands.rules_history(before, page.limit + 1).await?;
    let page = page_of(found, page.limit, |last| last.revision);
    // The rules themselves would make the list too large.
    Ok(Json(page.map(|archived| RulesChange {
        rules: None,
        ..responses::rules_change(archived)
    })))
}

/// Read a revision of the rules
#[utoipa::path(get, path = "/api/moderation/rules/history/{revision}", tag = "rules",
    params(("revision" = u64, Path)),
    responses((status = 200, body = RulesChange), (status = 403, description = "Not a moderator"),
        (status = 404, description = "The revision is not kept"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn revision(
    State(commands): State<Commands>,
    _: Moderator,
    Path(revision): Path<u64>,
) -> Result<Json<RulesChange>, ApiError> {
    let found = commands.rules_revision(revision).await?;
    let found = found.ok_or_else(|| ApiError::not_found("revision of the rules"))?;
    Ok(Json(responses::rules_change(found)))
}

/// Try rules on a text
///
/// The text is judged as a comment whose author is not new. Nothing is stored.
#[utoipa::path(post, path = "/api/moderation/rules/try", tag = "rules", request_body = TryRules,
    responses((status = 200, body = RulesTrial), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn try_out(
    State(commands): State<Commands>,
    _: Moderator,
    Json(body): Json<TryRules>,
) -> Result<Json<RulesTrial>, ApiError> {
    let trial = commands.try_rules(&body.text, body.rules).await?;
    Ok(Json(RulesTrial {
        outcome: trial.judgement.outcome,
        reason: trial.judgement.reason,
        findings: trial.judgement.findings,
        rules_revision: trial.rules_revision,
    }))
}
