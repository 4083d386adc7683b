//! The active rules, compiled and cached, and compiled again when the database has a newer version.

use std::sync::Arc;

use common::{api::moderation::RuleSet, event::RulesetState};
use runtime::store::StoreError;
use tokio::sync::{Mutex, RwLock};

use crate::{
    domain::{
        Ruleset,
        rules::{RuleError, Rules},
    },
    store::Rulesets,
};

/// The active rules.
#[derive(Debug)]
pub struct ActiveRules {
    /// The version of the aggregate; 0 for the defaults.
    pub version: u64,
    /// Absent for the defaults.
    pub ruleset: Option<Ruleset>,
    /// The rules, compiled.
    pub rules: Rules,
}

impl ActiveRules {
    async fn new(version: u64, ruleset: Option<Ruleset>, site: Arc<str>) -> Result<Self, StoreError> {
        let rules = match &ruleset {
            Some(ruleset) => ruleset.rules.clone(),
            None => RuleSet::default(),
        };
        Ok(Self {
            version,
            ruleset,
            rules: compile(rules, site).await?,
        })
    }

    /// The number of changes; 0 for the defaults.
    pub fn revision(&self) -> u64 {
        self.ruleset.as_ref().map_or(0, |ruleset| ruleset.revision)
    }

    /// The rules as moderators write them.
    pub fn set(&self) -> &RuleSet {
        self.rules.set()
    }

    /// Whether this number of open reports holds a text.
    pub fn hold_for(&self, open_reports: u64) -> bool {
        let threshold = self.set().report_threshold;
        threshold > 0 && open_reports >= u64::from(threshold)
    }
}

/// Compiles valid rules. Ten thousand phrases take a while, so it runs on the blocking pool.
///
/// # Errors
/// If the rules are invalid for this release.
pub(super) async fn compile(set: RuleSet, site: Arc<str>) -> Result<Rules, StoreError> {
    let compiled = tokio::task::spawn_blocking(move || Rules::compile(&set, Some(&site)));
    match compiled.await {
        Ok(Ok(rules)) => Ok(rules),
        Ok(Err(errors)) => {
            let first = errors.first().map(RuleError::to_string).unwrap_or_default();
            Err(StoreError::newer_release("the rules", first))
        }
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The process is ending.
        Err(error) => Err(StoreError::Unavailable(Box::new(error))),
    }
}

/// Caches the active rules; cheap to clone.
#[derive(Debug, Clone)]
pub struct ActiveRulesCache {
    rulesets: Rulesets,
    /// The host of this platform, to which links are trusted.
    pub(super) site: Arc<str>,
    cached: Arc<RwLock<Option<Arc<ActiveRules>>>>,
    /// Held while rules are compiled, so that each version is compiled once.
    compiling: Arc<Mutex<()>>,
}

impl ActiveRulesCache {
    pub fn new(rulesets: Rulesets, site: &str) -> Self {
        Self {
            rulesets,
            site: site.into(),
            cached: Arc::default(),
            compiling: Arc::default(),
        }
    }

    /// The rules that are active now.
    pub async fn get(&self) -> Result<Arc<ActiveRules>, StoreError> {
        let version = self.rulesets.version().await?;
        if let Some(active) = self.cached(version).await {
            return Ok(active);
        }
        let _compiling = self.compiling.lock().await;
        if let Some(active) = self.cached(version).await {
            return Ok(active);
        }
        let stored = self.rulesets.aggregates().find(RulesetState::ID).await?;
        let (version, ruleset) = stored.map_or((0, None), |stored| (stored.version, Some(stored.state)));
        let active = Arc::new(ActiveRules::new(version, ruleset, Arc::clone(&self.site)).await?);
        *self.cached.write().await = Some(Arc::clone(&active));
        tracing::info!(version, "the active rules are compiled");
        Ok(active)
    }

    async fn cached(&self, version: u64) -> Option<Arc<ActiveRules>> {
        let cached = self.cached.read().await.clone();
        cached.filter(|active| active.version == version)
    }
}
