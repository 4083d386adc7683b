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

use super::{Api, Call};

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
    pub fn queue(&self, filter: &QueueFilter, cursor: Option<&str>) -> Call<Page<QueueEntry>> {
        let call = self.get("/api/moderation/queue").query(filter);
        call.page(cursor, QUEUE)
    }

    /// A comment or post with its decisions.
    pub fn case(&self, target: Target) -> Call<Case> {
        self.get(case_path(target))
    }

    /// Decides about a comment or post, if there was no other decision since `version`.
    pub fn decide(&self, target: Target, version: Option<u64>, request: &DecideRequest) -> Call<Case> {
        self.put(case_path(target)).if_match(version).json(request)
    }

    /// Reports a comment or post.
    pub fn report(&self, request: &FileReport) -> Call<OwnReport> {
        self.post("/api/moderation/reports").json(request)
    }

    /// The visitor's own reports, newest first.
    pub fn own_reports(&self, cursor: Option<&str>) -> Call<Page<OwnReport>> {
        self.get("/api/moderation/reports/mine").page(cursor, REPORTS)
    }

    /// The active rules.
    pub fn rules(&self) -> Call<CurrentRules> {
        self.get("/api/moderation/rules")
    }

    /// Replaces the rules of `version`.
    pub fn put_rules(&self, request: &PutRules, version: u64) -> Call<CurrentRules> {
        let call = self.put("/api/moderation/rules");
        call.if_match(version).json(request)
    }

    /// The changes of the rules, newest first.
    pub fn rules_history(&self, cursor: Option<&str>) -> Call<Page<RulesChange>> {
        self.get("/api/moderation/rules/history").page(cursor, HISTORY)
    }

    /// A revision of the rules.
    pub fn rules_revision(&self, revision: u64) -> Call<RulesChange> {
        self.get(format!("/api/moderation/rules/history/{revision}"))
    }

    /// Tests the active rules on a text.
    pub fn try_rules(&self, text: &str) -> Call<RulesTrial> {
        let text = text.to_owned();
        let call = self.post("/api/moderation/rules/try");
        call.json(&TryRules { text, rules: None })
    }
}
