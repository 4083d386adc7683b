//! This service's own collections: their indexes and queries. Nothing else here writes MongoDB.
//!
//! - `verdicts`: the cases, aggregates written by [`AggregateStore`](runtime::store::AggregateStore); beside the state
//!   the text that is judged, until what it is of is deleted, and a summary of the open reports.
//! - `reports`: aggregates; beside the state the reporter's own words.
//! - `rulesets`: one aggregate, the rules in force. `ruleset_archive`: those before.
//! - `accounts`: how old each account is. `gone`: what was deleted.
//!
//! | index of `verdicts` | serves |
//! |---|---|
//! | `queue`: outcome, time of the decision, id | the queue |
//! | `queue_by_kind`: the same by kind | the queue of comments, or of posts |
//! | `reported`: time of the first open report, id | the queue of what is reported |
//! | `reported_by`: reporter, time of the decision, id | what one person reported |
//! | `same_text`: fingerprint, time of the decision | the rule against repeated text |
//! | `by_author`: author, kind, outcome | the rule about first comments |
//! | `to_settle`: time | decisions whose reports are not all settled yet |
//!
//! All are partial, so that each holds only what it is for; those of texts forget what was deleted.
//!
//! | index of `reports` | serves |
//! |---|---|
//! | `of_target`: target, status, time, id | counting, showing and settling the reports of one thing |
//! | `mine`: reporter, time, id | one's own reports |
//! | `uncounted`: time | reports that were filed and not weighed yet |

mod accounts;
mod cases;
mod gone;
mod queue;
mod reports;
mod rulesets;

use mongodb::{IndexModel, bson::Document, options::IndexOptions};

pub use accounts::Accounts;
pub use cases::{Cases, Context, OpenReport, OpenReports, Record, SHOWN_CHARS, Settlement, StoredText};
pub use gone::Gone;
pub use queue::{Order, Place, QueueQuery, Standing};
pub use reports::{Reports, Words};
pub use rulesets::{Archived, Rulesets};

/// An index called `name` of the documents where the field `only` exists.
fn index(name: &str, keys: Document, only: Option<&str>) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned());
    let options = match only {
        Some(field) => {
            let exists = mongodb::bson::doc! { field: { "$exists": true } };
            options.partial_filter_expression(exists).build()
        }
        None => options.build(),
    };
    IndexModel::builder().keys(keys).options(options).build()
}
