//! Load, decide, commit: the commands, and the queries of the API.

mod active_rules;
mod decisions;
mod judging;
mod reports;
mod resolution;
mod rules;

use std::sync::Arc;

use runtime::store::{DeletedUsers, Storage};
use tokio::sync::Notify;

pub use active_rules::{ActiveRules, ActiveRulesCache};
pub use decisions::CaseDetails;
pub use judging::Submission;
pub use reports::{Filed, NewReport};
pub use rules::{RulesError, Trial};

/// What the commands take from the store and return.
pub use crate::store::{
    ArchivedRules, CaseRecord, OpenReport, Position, QueueQuery, ReportWithNote, StoredText,
};

use crate::store::{Accounts, Cases, Reports, Rulesets, Tombstones};

/// The commands; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    cases: Cases,
    reports: Reports,
    rulesets: Rulesets,
    accounts: Accounts,
    tombstones: Tombstones,
    deleted_users: Option<DeletedUsers>,
    active_rules: ActiveRulesCache,
    /// Wakes the task that resolves the reports that a request has left.
    resolver: Arc<Notify>,
}

impl Commands {
    /// The commands of the platform at the host `site`.
    pub fn new(storage: &Storage, site: &str) -> Self {
        let rulesets = Rulesets::new(storage);
        Self {
            cases: Cases::new(storage),
            reports: Reports::new(storage),
            active_rules: ActiveRulesCache::new(rulesets.clone(), site),
            rulesets,
            accounts: Accounts::new(storage),
            tombstones: Tombstones::new(storage),
            deleted_users: storage.deleted_users().cloned(),
            resolver: Arc::default(),
        }
    }
}
