//! What can be asked of moderation: load, decide, commit.

mod decisions;
mod engine;
mod judging;
mod reports;
mod rules;
mod settling;

use common::event::RulesetState;
use runtime::store::{Storage, StoreError};

pub use decisions::{Sight, Sighted};
pub use engine::{Engine, InForce};
pub use judging::Submission;
pub use reports::{Filed, Filing};
pub use rules::{RulesError, Trial};

/// What the commands ask the store for, and answer with.
pub use crate::store::{Archived, OpenReport, Order, Place, QueueQuery, Record, Standing, StoredText, Words};

use crate::store::{Accounts, Cases, Gone, Reports, Rulesets};

/// How often a decision is made anew after losing a race.
const ATTEMPTS: u32 = 16;

/// The commands and lists; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands {
    cases: Cases,
    reports: Reports,
    rulesets: Rulesets,
    accounts: Accounts,
    gone: Gone,
    engine: Engine,
    settler: settling::Settler,
}

impl Commands {
    /// Commands on what is in `database`, whose events `relay` publishes.
    pub fn new(storage: &Storage) -> Self {
        let rulesets = Rulesets::new(storage);
        Self {
            cases: Cases::new(storage),
            reports: Reports::new(storage),
            engine: Engine::new(rulesets.clone()),
            rulesets,
            accounts: Accounts::new(storage.database()),
            gone: Gone::new(storage.database()),
            settler: settling::Settler::default(),
        }
    }

    /// Makes the indexes.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn set_up(&self) -> Result<(), StoreError> {
        self.cases.ensure_indexes().await?;
        self.reports.ensure_indexes().await?;
        self.rulesets.ensure_indexes().await
    }
}

/// The one set of rules.
const RULES: &str = RulesetState::ID;
