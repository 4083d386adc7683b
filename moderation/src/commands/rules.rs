//! Moderators change the rules.

use std::{sync::Arc, time::Duration};

use common::{
    api::moderation::RuleSet,
    event::{RulesetState, Timestamp},
};
use runtime::store::{Attempts, Cause, Change, StoreError};

use super::{ActiveRules, Commands, active_rules::compile};
use crate::{
    domain::{
        rules::{Field, Judgement, Kind, RuleError, Submission, validate},
        ruleset::{self, RulesetChange},
    },
    store::ArchivedRules,
};

/// Why the rules cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("{} fields of the rules are invalid", .0.len())]
    Invalid(Vec<RuleError>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the rules would decide about a text.
#[derive(Debug, Clone)]
pub struct Trial {
    pub judgement: Judgement,
    pub rules_revision: u64,
}

impl Commands {
    /// The active rules.
    pub async fn rules(&self) -> Result<Arc<ActiveRules>, StoreError> {
        self.active_rules.get().await
    }

    /// Changes the rules and archives the earlier ones. All replicas judge later texts by the new rules.
    ///
    /// # Errors
    /// If they are invalid, or `if_match` is not the current version.
    pub async fn change_rules(
        &self,
        change: &RulesetChange,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Arc<ActiveRules>, RulesError> {
        validate(&change.rules).map_err(RulesError::Invalid)?;
        let rulesets = self.rulesets.aggregates();
        let mut attempts = Attempts::default();
        loop {
            let prior = rulesets.find(RulesetState::ID).await?;
            let current = prior.as_ref().map_or(0, |prior| prior.version);
            if if_match.is_some_and(|expected| expected != current) {
                return Err(StoreError::VersionMismatch { current }.into());
            }
            let state = prior.as_ref().map(|prior| &prior.state);
            let Some((next, fact)) = ruleset::change(state, change, Timestamp::now()) else {
                break;
            };
            if let Some(state) = state {
                self.rulesets.archive(state).await?;
            }
            match rulesets
                .save(prior.as_ref(), Change::new(next, fact), cause)
                .await
            {
                Ok(_) => break,
                Err(error) => attempts.retry(error).await?,
            }
        }
        Ok(self.active_rules.get().await?)
    }

    /// The active and the archived rules before the revision `before`, newest first, without the rules themselves.
    pub async fn rules_history(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ArchivedRules>, StoreError> {
        let active = self.active_rules.get().await?;
        let Some(current) = &active.ruleset else {
            return Ok(Vec::new());
        };
        // A change that failed may have archived the current rules, too.
        let bound = before.map_or(current.revision, |before| before.min(current.revision));
        let mut found = self.rulesets.archived(bound, limit).await?;
        if before.is_none_or(|before| current.revision < before) {
            found.insert(0, current.into());
            found.truncate(limit as usize);
        }
        Ok(found)
    }

    /// The rules of that revision.
    pub async fn rules_revision(&self, revision: u64) -> Result<Option<ArchivedRules>, StoreError> {
        let active = self.active_rules.get().await?;
        match &active.ruleset {
            Some(current) if current.revision == revision => Ok(Some(current.into())),
            Some(current) if current.revision > revision => self.rulesets.archived_revision(revision).await,
            _ => Ok(None),
        }
    }

    /// What the active rules, or `others`, would decide about a comment whose author is not new.
    ///
    /// # Errors
    /// If `others` are invalid.
    pub async fn try_rules(&self, text: &str, others: Option<RuleSet>) -> Result<Trial, RulesError> {
        let submission = Submission {
            kind: Kind::Comment,
            fields: &[Field::Markdown(text)],
            author_approved_comments: 1,
            author_account_age: Some(Duration::MAX),
            same_text_elsewhere: 0,
        };
        let (judgement, rules_revision) = match others {
            None => {
                let active = self.active_rules.get().await?;
                (active.rules.judge(&submission), active.revision())
            }
            Some(others) => {
                validate(&others).map_err(RulesError::Invalid)?;
                let site = Arc::clone(&self.active_rules.site);
                (compile(others, site).await?.judge(&submission), 0)
            }
        };
        Ok(Trial {
            judgement,
            rules_revision,
        })
    }
}
