//! The rules, and their history.

use axum::{extract::State, response::IntoResponse};
use common::{
    api::Page,
    consistency::ConsistencyToken,
    event::{AggregateKind, RuleSummary, RulesetState, Timestamp},
    ids::UserId,
};
use runtime::{
    auth::Moderator,
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, IfMatch, Json, PageParams, Path, ProblemResponses, RequestContext, page_of},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::cause;
use crate::{
    commands::{Archived, Commands, InForce, Trial},
    domain::{
        rules::{Judgement, RuleSet},
        ruleset::Amendment,
    },
};

/// The rules as they are to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutRules {
    /// All of them; what is left out gets its default
    pub rules: RuleSet,
    /// Why they are changed
    #[serde(default)]
    #[validate(length(max = 500))]
    pub note: Option<String>,
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesView {
    /// Counts the changes; 0 as long as nobody changed the defaults
    pub revision: u64,
    /// All of them
    pub rules: RuleSet,
    /// Why they were changed last
    pub note: Option<String>,
    /// Who changed them
    pub changed_by: Option<UserId>,
    /// When
    pub changed_at: Option<Timestamp>,
    /// As in `ETag`
    pub version: u64,
}

impl From<&InForce> for RulesView {
    fn from(in_force: &InForce) -> Self {
        let ruleset = in_force.ruleset.as_ref();
        Self {
            revision: in_force.revision(),
            rules: in_force.set().clone(),
            note: ruleset.and_then(|ruleset| ruleset.note.clone()),
            changed_by: ruleset.map(|ruleset| ruleset.changed_by),
            changed_at: ruleset.map(|ruleset| ruleset.changed_at),
            version: in_force.version,
        }
    }
}

/// Rules that are or were in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesChange {
    /// Counts the changes, from 1
    pub revision: u64,
    /// Each rule, summed up
    pub summary: Vec<RuleSummaryView>,
    /// So many open reports of one text have it held; 0: never
    pub report_threshold: u32,
    /// Why they were changed
    pub note: Option<String>,
    /// Who changed them
    pub changed_by: UserId,
    /// When
    pub changed_at: Timestamp,
    /// All of them; absent in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RuleSet>,
}

/// A rule, summed up.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleSummaryView {
    /// Which kind of rule
    pub rule: String,
    /// A list's name
    pub name: Option<String>,
    /// What it does
    pub action: String,
    /// How many entries a list has
    pub entries: Option<u32>,
    /// The number from which on it applies
    pub threshold: Option<u32>,
}

impl From<RuleSummary> for RuleSummaryView {
    fn from(summary: RuleSummary) -> Self {
        Self {
            rule: summary.rule,
            name: summary.name,
            action: summary.action,
            entries: summary.entries,
            threshold: summary.threshold,
        }
    }
}

impl From<Archived> for RulesChange {
    fn from(archived: Archived) -> Self {
        Self {
            revision: u64::try_from(archived.revision).unwrap_or_default(),
            summary: archived.summary.into_iter().map(RuleSummaryView::from).collect(),
            report_threshold: archived.report_threshold,
            note: archived.note,
            changed_by: archived.changed_by,
            changed_at: archived.changed_at,
            rules: archived.rules,
        }
    }
}

/// A text to be tried.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryRules {
    /// Markdown
    #[validate(length(max = 262_144))]
    pub text: String,
    /// Rules that are not in force yet; absent: those in force
    #[serde(default)]
    pub rules: Option<RuleSet>,
}

/// What the rules would say.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialView {
    /// What would be decided, why, and what was found
    #[serde(flatten)]
    pub judgement: Judgement,
    /// Which rules; 0 for the defaults, and for rules that are not in force
    pub rules_revision: u64,
}

impl From<Trial> for TrialView {
    fn from(trial: Trial) -> Self {
        Self {
            judgement: trial.found,
            rules_revision: trial.rules_revision,
        }
    }
}

/// The rules in force
#[utoipa::path(get, path = "/api/moderation/rules", tag = "rules",
    responses((status = 200, body = RulesView), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn get(State(commands): State<Commands>, _: Moderator) -> Result<impl IntoResponse, ApiError> {
    let view = RulesView::from(&*commands.rules().await?);
    Ok((ETag(view.version), Json(view)))
}

/// Change the rules
///
/// They judge every text that comes from now on, wherever; what was decided stays. The same again changes nothing.
#[utoipa::path(put, path = "/api/moderation/rules", tag = "rules", request_body = PutRules,
    params(("If-Match" = Option<String>, Header, description = "The version meant; \"0\" as long as nobody changed them")),
    responses((status = 200, body = RulesView), (status = 401, description = "Nobody is signed in"),
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
    let view = RulesView::from(&*commands.amend_rules(&amendment, version, &cause).await?);
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
        ..archived.into()
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
    Ok(Json(found.into()))
}

/// What the rules would say of a text
///
/// As of a comment by somebody who is no newcomer. Nothing is stored.
#[utoipa::path(post, path = "/api/moderation/rules/try", tag = "rules", request_body = TryRules,
    responses((status = 200, body = TrialView), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"),
        (status = 422, description = "Text or rules are not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn try_out(
    State(commands): State<Commands>,
    _: Moderator,
    Json(body): Json<TryRules>,
) -> Result<Json<TrialView>, ApiError> {
    Ok(Json(commands.try_rules(body.text, body.rules).await?.into()))
}
