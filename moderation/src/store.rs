//! The collections of this service: their indexes and queries. All queries fail if the database is unavailable.
//!
//! - `verdicts`: the cases, aggregates written by [`AggregateStore`](runtime::store::AggregateStore); beside the state
//!   the text under moderation, until it is deleted, and a summary of the open reports.
//! - `reports`: aggregates; beside the state the reporter's note.
//! - `rulesets`: one aggregate, the active rules. `ruleset_archive`: earlier rules.
//! - `accounts`: the age of accounts. `gone`: tombstones of deleted comments and posts.
//!
//! | index of `verdicts` | serves |
//! |---|---|
//! | `queue`: outcome, time of the decision, id | the queue |
//! | `queue_by_kind`: the same by kind | the queue of comments, or of posts |
//! | `reported`: time of the first open report, id | the queue of reported content |
//! | `reported_by`: reporter, time of the decision, id | the queue of what one user has reported |
//! | `same_text`: fingerprint, time of the decision | the rule against repeated text |
//! | `by_author`: author, kind, outcome | the rule about first comments |
//! | `to_settle`: time | decisions with reports that are not resolved yet |
//!
//! All are partial, so that each contains only the documents it serves; deleted texts are in none.
//!
//! | index of `reports` | serves |
//! |---|---|
//! | `of_target`: target, status, time, id | counting, listing and resolving the reports of one target |
//! | `mine`: reporter, time, id | a user's own reports |
//! | `uncounted`: time | reports that are filed and not counted yet |

mod accounts;
mod cases;
mod queue;
mod records;
mod reports;
mod rulesets;
mod tombstones;

pub use accounts::Accounts;
pub use cases::Cases;
pub use queue::{Position, QueueQuery};
pub use records::{CaseContext, CaseRecord, OpenReport, ReportSummary, Resolution, SHOWN_CHARS, StoredText};
pub use reports::{ReportWithNote, Reports};
pub use rulesets::{ArchivedRules, Rulesets};
pub use tombstones::Tombstones;
