//! Calls of the moderation API: the queue, decisions, reports and rules.

use common::{
    api::{
        Page,
        moderation::{
            Case, CurrentRules, DecideRequest, FileReport, OwnReport, PutRules, QueueEntry, QueueFilter,
            RulesChange, RulesTrial, TryRules,
        },
    },
    event::Target,
};

use super::{Api, ApiError, Backend};

/// Entries per page of the queue, with texts of up to 5,000 characters.
const QUEUE: u32 = 10;
/// The visitor's own reports per page.
const REPORTS: u32 = 20;
/// Changes of the rules per page.
const HISTORY: u32 = 10;

fn case_path(target: Target) -> String {
    format!("/api/moderation/{}s/{}", target.kind.as_str(), target.id)
}

impl Api {
    /// The moderation queue.
    pub async fn queue(
        &self,
        filter: &QueueFilter,
        cursor: Option<&str>,
    ) -> Result<Page<QueueEntry>, ApiError> {
        self.get(Backend::Moderation, "/api/moderation/queue")
            .query(filter)
            .page(cursor, QUEUE)
            .send()
            .await
    }

    /// A comment or post with its decisions.
    pub async fn case(&self, target: Target) -> Result<Case, ApiError> {
        self.get(Backend::Moderation, case_path(target)).send().await
    }

    /// Decides about a comment or post, if there was no other decision since `version`.
    pub async fn decide(
        &self,
        target: Target,
        version: Option<u64>,
        request: &DecideRequest,
    ) -> Result<Case, ApiError> {
        self.put(Backend::Moderation, case_path(target))
            .if_match(version)
            .json(request)
            .send()
            .await
    }

    /// Reports a comment or post.
    pub async fn report(&self, request: &FileReport) -> Result<OwnReport, ApiError> {
        self.post(Backend::Moderation, "/api/moderation/reports")
            .json(request)
            .send()
            .await
    }

    /// The visitor's own reports, newest first.
    pub async fn own_reports(&self, cursor: Option<&str>) -> Result<Page<OwnReport>, ApiError> {
        self.get(Backend::Moderation, "/api/moderation/reports/mine")
            .page(cursor, REPORTS)
            .send()
            .await
    }

    /// The active rules.
    pub async fn rules(&self) -> Result<CurrentRules, ApiError> {
        self.get(Backend::Moderation, "/api/moderation/rules")
            .send()
            .await
    }

    /// Replaces the rules of `version`.
    pub async fn put_rules(&self, request: &PutRules, version: u64) -> Result<CurrentRules, ApiError> {
        self.put(Backend::Moderation, "/api/moderation/rules")
            .if_match(version)
            .json(request)
            .send()
            .await
    }

    /// The changes of the rules, newest first.
    pub async fn rules_history(&self, cursor: Option<&str>) -> Result<Page<RulesChange>, ApiError> {
        self.get(Backend::Moderation, "/api/moderation/rules/history")
            .page(cursor, HISTORY)
            .send()
            .await
    }

    /// A revision of the rules.
    pub async fn rules_revision(&self, revision: u64) -> Result<RulesChange, ApiError> {
        let path = format!("/api/moderation/rules/history/{revision}");
        self.get(Backend::Moderation, path).send().await
    }

    /// Tests the active rules on a text.
    pub async fn try_rules(&self, text: &str) -> Result<RulesTrial, ApiError> {
        let request = TryRules {
            text: text.to_owned(),
            rules: None,
        };
        self.post(Backend::Moderation, "/api/moderation/rules/try")
            .json(&request)
            .send()
            .await
    }
}
