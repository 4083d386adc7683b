//! Requests and responses of `/api/moderation`.

mod cases;
mod reports;
mod rules;

pub use cases::{
    Case, DecideRequest, Decision, QueueEntry, QueueFilter, QueueOrder, QueueStatus, ReviewAction, Subject,
};
pub use reports::{ContentKind, FileReport, OwnReport, Report, ReportReason, ReportTarget};
pub use rules::{
    Action, CapitalsRule, CurrentRules, DomainList, Finding, FirstCommentRule, LinkRule, PhraseList,
    PostRules, PutRules, RepeatRule, RuleKind, RuleSet, RuleSummary, RulesChange, RulesTrial, TryRules,
};
