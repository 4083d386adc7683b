//! What can be asked of moderation: load, decide, commit.

mod decisions;
mod engine;
mod judging;
mod reports;
mod rules;
mod settling;

use common::event::RulesetState;
use mongodb::Database;
use runtime::{
    relay::RelayHandle,
    store::{Aggregate as _, StoreError},
};

pub use decisions::{Sight, Sighted};
pub use engine::{Engine, InForce};
pub use judging::Submission;
pub use reports::{Filed, Filing};
pub use rules::{RulesError, Trial};

/// What the commands ask the store for, and answer with.
pub use crate::store::{Archived, OpenReport, Order, Place, QueueQuery, Record, Standing, StoredText, Words};

use crate::{
    domain::{Case, Report, Ruleset},
    store::{Accounts, Cases, Gone, Reports, Rulesets},
};

/// The collections whose outboxes are relayed.
pub const COLLECTIONS: [&str; 3] = [Case::COLLECTION, Report::COLLECTION, Ruleset::COLLECTION];

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
    pub fn new(database: &Database, relay: RelayHandle) -> Self {
        let rulesets = Rulesets::new(database, relay.clone());
        Self {
            cases: Cases::new(database, relay.clone()),
            reports: Reports::new(database, relay),
            engine: Engine::new(rulesets.clone()),
            rulesets,
            accounts: Accounts::new(database),
            gone: Gone::new(database),
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

    /// The aggregates, to say their events again.
    pub fn aggregates(&self) -> (&Cases, &Reports, &Rulesets) {
        (&self.cases, &self.reports, &self.rulesets)
    }
}

/// The one set of rules.
const RULES: &str = RulesetState::ID;
