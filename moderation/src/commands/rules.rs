//! Moderators change the rules.

use std::{sync::Arc, time::Duration};

use common::{api::moderation::RuleSet, event::Timestamp};
use runtime::store::{Cause, Change, NewAggregate, StoreError, Stored};

use super::{ATTEMPTS, Commands, InForce, RULES};
use crate::{
    domain::{
        Ruleset,
        rules::{Judgement, Kind, RuleError, Submission as Question, validate},
        ruleset::{self, Amendment},
    },
    store::Archived,
};

/// Why the rules cannot be changed so.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Some of them cannot be used.
    #[error("{} fields of the rules are not acceptable", .0.len())]
    Invalid(Vec<RuleError>),
    /// The store's answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the rules would say of a text, and which rules those are.
#[derive(Debug, Clone)]
pub struct Trial {
    pub found: Judgement,
    pub rules_revision: u64,
}

impl Commands {
    /// The rules in force.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rules(&self) -> Result<Arc<InForce>, StoreError> {
        self.engine.in_force().await
    }

    /// Changes the rules; those before are kept. What is judged from now on, here and elsewhere, is judged by them.
    ///
    /// # Errors
    /// If they cannot be used, `if_match` is not the present version, or the database is away.
    pub async fn amend_rules(
        &self,
        amendment: &Amendment,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Arc<InForce>, RulesError> {
        validate(&amendment.rules).map_err(RulesError::Invalid)?;
        for _ in 0..ATTEMPTS {
            let prior = self.rulesets.store.find(RULES).await?;
            let current = prior.as_ref().map_or(0, |prior| prior.version);
            if if_match.is_some_and(|expected| expected != current) {
                return Err(StoreError::VersionMismatch { current }.into());
            }
            match self.replace_rules(prior, amendment, cause).await {
                Ok(()) => return Ok(self.engine.in_force().await?),
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict { id: RULES.to_owned() }.into())
    }

    async fn replace_rules(
        &self,
        prior: Option<Stored<Ruleset>>,
        amendment: &Amendment,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let before = prior.as_ref().map(|prior| &prior.state);
        let Some((next, fact)) = ruleset::amend(before, amendment, Timestamp::now()) else {
            return Ok(());
        };
        let store = &self.rulesets.store;
        match prior {
            None => store.create(NewAggregate::new(next, fact), cause).await.map(drop),
            Some(prior) => {
                self.rulesets.archive(&prior.state).await?;
                store
                    .commit(&prior, Change::new(next, fact), cause)
                    .await
                    .map(drop)
            }
        }
    }

    /// The rules in force and those before, newest first, without the rules themselves.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rules_history(&self, before: Option<u64>, limit: u32) -> Result<Vec<Archived>, StoreError> {
        let in_force = self.engine.in_force().await?;
        let Some(present) = &in_force.ruleset else {
            return Ok(Vec::new());
        };
        // A change that failed may have left a copy of the present ones.
        let bound = before.map_or(present.revision, |before| before.min(present.revision));
        let bound = i64::try_from(bound).unwrap_or(i64::MAX);
        let mut found = self.rulesets.archived(Some(bound), i64::from(limit)).await?;
        if before.is_none_or(|before| present.revision < before) {
            found.insert(0, present.into());
            found.truncate(limit as usize);
        }
        Ok(found)
    }

    /// The rules of that revision, as they were.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rules_revision(&self, revision: u64) -> Result<Option<Archived>, StoreError> {
        let in_force = self.engine.in_force().await?;
        match &in_force.ruleset {
            Some(present) if present.revision == revision => Ok(Some(present.into())),
            Some(present) if present.revision > revision => self.rulesets.archived_revision(revision).await,
            _ => Ok(None),
        }
    }

    /// What the rules, those in force or others, would say of a comment of somebody who is no newcomer.
    ///
    /// # Errors
    /// If `others` cannot be used, or the database is away.
    pub async fn try_rules(&self, text: String, others: Option<RuleSet>) -> Result<Trial, RulesError> {
        let in_force = match others {
            None => self.engine.in_force().await?,
            Some(others) => {
                validate(&others).map_err(RulesError::Invalid)?;
                Arc::new(InForce::trial(others).await?)
            }
        };
        let question = Question {
            kind: Kind::Comment,
            text: &text,
            author_approved_comments: 1,
            author_account_age: Some(Duration::MAX),
            same_text_elsewhere: 0,
        };
        Ok(Trial {
            found: in_force.rules.judge(&question),
            rules_revision: in_force.revision(),
        })
    }
}
