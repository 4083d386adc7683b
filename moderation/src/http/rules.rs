//! The rules, and their history.

use axum::{extract::State, response::IntoResponse};
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
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, IfMatch, Json, PageParams, Path, ProblemResponses, RequestContext, page_of},
};

use super::{cause, responses};
use crate::{commands::Commands, domain::ruleset::Amendment};

/// The rules in force
#[utoipa::path(get, path = "/api/moderation/rules", tag = "rules",
    responses((status = 200, body = CurrentRules), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn get(State(commands): State<Commands>, _: Moderator) -> Result<impl IntoResponse, ApiError> {
    let view = responses::current_rules(&*commands.rules().await?);
    Ok((ETag(view.version), Json(view)))
}

/// Change the rules
///
/// They judge every text that comes from now on, wherever; what was decided stays. The same again changes nothing.
#[utoipa::path(put, path = "/api/moderation/rules", tag = "rules", request_body = PutRules,
    params(("If-Match" = Option<String>, Header, description = "The version meant; \"0\" as long as nobody changed them")),
    responses((status = 200, body = CurrentRules), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 412, description = "Changed in the meantime"),
        (status = 422, description = "A rule that cannot be used; `errors` name the fields"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn put(
    State(commands): State<Commands>,
    Moderator(user): Moderator,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IfMatch(version): IfMatch,
    Json(body): Json<PutRules>,
) -> Result<impl IntoResponse, ApiError> {
    let amendment = Amendment {
        rules: body.rules,
        note: body.note.filter(|note| !note.trim().is_empty()),
        moderator_id: user.id,
    };
    let cause = cause(&user, context);
    let view = responses::current_rules(&*commands.amend_rules(&amendment, version, &cause).await?);
    let token = ConsistencyToken::new(AggregateKind::Ruleset, RulesetState::ID, view.version);
    Ok((ETag(view.version), tokens.headers(token), Json(view)))
}

/// Who changed the rules, when and why, newest first
///
/// The last hundred changes are kept.
#[utoipa::path(get, path = "/api/moderation/rules/history", tag = "rules", params(PageParams),
    responses((status = 200, body = Page<RulesChange>), (status = 400, description = "A cursor of another list"),
        (status = 401, description = "Nobody is signed in"), (status = 403, description = "Not a moderator"),
        (status = 422, description = "No such limit"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn history(
    State(commands): State<Commands>,
    _: Moderator,
    page: PageParams,
) -> Result<Json<Page<RulesChange>>, ApiError> {
    let before: Option<u64> = page.after()?;
    let found = commands.rules_history(before, page.limit + 1).await?;
    let page = page_of(found, page.limit, |last| last.revision);
    // In lists the rules themselves would be too much.
    Ok(Json(page.map(|archived| RulesChange {
        rules: None,
        ..responses::rules_change(archived)
    })))
}

/// The rules as they were
#[utoipa::path(get, path = "/api/moderation/rules/history/{revision}", tag = "rules",
    params(("revision" = u64, Path)),
    responses((status = 200, body = RulesChange), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 404, description = "No such revision is kept"),
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

/// What the rules would say of a text
///
/// As of a comment by somebody who is no newcomer. Nothing is stored.
#[utoipa::path(post, path = "/api/moderation/rules/try", tag = "rules", request_body = TryRules,
    responses((status = 200, body = RulesTrial), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"),
        (status = 422, description = "Text or rules are not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn try_out(
    State(commands): State<Commands>,
    _: Moderator,
    Json(body): Json<TryRules>,
) -> Result<Json<RulesTrial>, ApiError> {
    let trial = commands.try_rules(body.text, body.rules).await?;
    Ok(Json(RulesTrial {
        outcome: trial.found.outcome,
        reason: trial.found.reason,
        findings: trial.found.findings,
        rules_revision: trial.rules_revision,
    }))
}
