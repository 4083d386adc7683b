//! The rules in force, compiled and kept in memory, and looked up anew when the database has other ones.

use std::sync::Arc;

use runtime::store::StoreError;
use tokio::sync::{Mutex, RwLock};

use super::RULES;
use crate::{
    domain::{
        Ruleset,
        rules::{RuleError, RuleSet, Rules},
    },
    store::Rulesets,
};

/// The rules in force.
#[derive(Debug)]
pub struct InForce {
    /// The version of the aggregate; 0 as long as nobody changed the rules.
    pub version: u64,
    /// Absent as long as nobody changed the rules.
    pub ruleset: Option<Ruleset>,
    /// The same as they judge.
    pub rules: Rules,
}

impl InForce {
    async fn of(version: u64, ruleset: Option<Ruleset>) -> Result<Self, StoreError> {
        let set = ruleset
            .as_ref()
            .map_or_else(RuleSet::default, |ruleset| ruleset.rules.clone());
        Ok(Self {
            version,
            ruleset,
            rules: compile(set).await?,
        })
    }

    /// Rules that are not in force, to be tried.
    ///
    /// # Errors
    /// None that could happen: rules that were found good can be compiled.
    pub async fn trial(rules: RuleSet) -> Result<Self, StoreError> {
        Ok(Self {
            version: 0,
            ruleset: None,
            rules: compile(rules).await?,
        })
    }

    /// Counts the changes; 0 as long as nobody changed the rules.
    pub fn revision(&self) -> u64 {
        self.ruleset.as_ref().map_or(0, |ruleset| ruleset.revision)
    }

    /// The rules as moderators write them.
    pub fn set(&self) -> &RuleSet {
        self.rules.set()
    }

    /// Whether so many open reports have a text held.
    pub fn is_held_by(&self, open_reports: u64) -> bool {
        let threshold = self.set().report_threshold;
        threshold > 0 && open_reports >= u64::from(threshold)
    }
}

/// Ten thousand phrases take a while.
async fn compile(set: RuleSet) -> Result<Rules, StoreError> {
    match tokio::task::spawn_blocking(move || Rules::compile(&set)).await {
        Ok(Ok(rules)) => Ok(rules),
        Ok(Err(errors)) => {
            let first = errors.first().map(RuleError::to_string).unwrap_or_default();
            Err(StoreError::newer_release("the rules", first))
        }
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The process is about to end.
        Err(error) => Err(StoreError::Unavailable(Box::new(error))),
    }
}

/// Keeps the rules; cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    rulesets: Rulesets,
    present: Arc<RwLock<Option<Arc<InForce>>>>,
    /// Held by who compiles, so that a change is compiled once.
    compiling: Arc<Mutex<()>>,
}

impl Engine {
    pub fn new(rulesets: Rulesets) -> Self {
        Self {
            rulesets,
            present: Arc::default(),
            compiling: Arc::default(),
        }
    }

    /// The rules in force at this moment.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn in_force(&self) -> Result<Arc<InForce>, StoreError> {
        let version = self.rulesets.version().await?;
        if let Some(present) = self.at(version).await {
            return Ok(present);
        }
        let _compiling = self.compiling.lock().await;
        if let Some(present) = self.at(version).await {
            return Ok(present);
        }
        let stored = self.rulesets.store.find(RULES).await?;
        let (version, ruleset) = stored.map_or((0, None), |stored| (stored.version, Some(stored.state)));
        let present = Arc::new(InForce::of(version, ruleset).await?);
        *self.present.write().await = Some(Arc::clone(&present));
        tracing::info!(version, "the rules in force are compiled");
        Ok(present)
    }

    async fn at(&self, version: u64) -> Option<Arc<InForce>> {
        let present = self.present.read().await.clone();
        present.filter(|present| present.version == version)
    }
}
