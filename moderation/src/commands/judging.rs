//! A text arrives: the rules judge it, once.

use std::time::{Duration, Instant};

use common::{
    api::moderation::Action,
    event::{Outcome, Target, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Attempts, Cause, Change, StoreError, Stored};

use super::{ActiveRules, Commands};
use crate::{
    domain::{
        Case, ReviewedText, Text, case,
        rules::{self, Judgement, Kind},
    },
    store::CaseContext,
};

/// How long texts that say the same are counted.
const SAME_TEXT_PERIOD: Duration = Duration::from_secs(24 * 3600);
/// No rule has a higher limit of texts that say the same.
const MAX_COUNTED: u64 = 1001;

/// A text to judge.
#[derive(Debug, Clone)]
pub struct Submission {
    pub target: Target,
    /// The revision of a comment, or the version of a post that has the text.
    pub revision: u64,
    pub author_id: Option<UserId>,
    /// The post itself, or the post that the comment is on.
    pub post_id: PostId,
    /// The slug of a post.
    pub slug: Option<String>,
    pub text: Text,
}

/// What a submission is looked up and compared by.
struct Keys {
    digest: String,
    fingerprint: String,
}

impl Commands {
    /// Judges a text, unless it has been judged.
    pub async fn judge(&self, submission: Submission, cause: &Cause) -> Result<(), StoreError> {
        let started = Instant::now();
        let keys = Keys {
            digest: submission.text.digest(),
            fingerprint: hex::encode(rules::fingerprint(&submission.text.fields())),
        };
        let id = submission.target.id.to_string();
        let mut attempts = Attempts::default();
        loop {
            let (rules, prior) =
                tokio::try_join!(self.active_rules.get(), self.cases.aggregates().find(&id))?;
            if let Some(prior) = &prior
                && prior.state.decision.revision >= submission.revision
            {
                if submission.author_id.is_none() {
                    self.cases.remove_author(submission.target).await?;
                }
                return Ok(());
            }
            let Some(change) = self
                .decide_by_rules(&rules, prior.as_ref(), &submission, &keys)
                .await?
            else {
                return Ok(());
            };
            match self.cases.aggregates().save(prior.as_ref(), change, cause).await {
                Ok(judged) => {
                    let outcome = judged.state.decision.outcome.as_str();
                    let kind = submission.target.kind.as_str();
                    metrics::counter!("moderation_verdicts_total", "kind" => kind, "outcome" => outcome)
                        .increment(1);
                    metrics::histogram!("moderation_judging_seconds").record(started.elapsed());
                    return self.apply_concurrent(&judged, &rules, cause).await;
                }
                // Another decision was committed; it is taken into account now.
                Err(error) => attempts.retry(error).await?,
            }
        }
    }

    /// The decision about the text; `None` if it has been judged.
    async fn decide_by_rules(
        &self,
        rules: &ActiveRules,
        prior: Option<&Stored<Case>>,
        submission: &Submission,
        keys: &Keys,
    ) -> Result<Option<Change<Case>>, StoreError> {
        let is_reported = match prior {
            Some(_) => rules.hold_for(self.reports.count_open(submission.target).await?),
            // An unknown target cannot be reported.
            None => false,
        };
        let text = ReviewedText {
            target: submission.target,
            revision: submission.revision,
            digest: &keys.digest,
            rules_revision: rules.revision(),
            is_reported,
        };
        let judgement = self.apply_rules(rules, submission, keys).await?;
        let prior = prior.map(|prior| &prior.state);
        let Some((case, fact)) = case::judge(prior, text, &judgement, Timestamp::now()) else {
            return Ok(None);
        };
        let context = CaseContext {
            author_id: submission.author_id,
            post_id: submission.post_id,
            slug: submission.slug.clone(),
            text: submission.text.clone(),
            fingerprint: keys.fingerprint.clone(),
            findings: judgement.findings,
        };
        Ok(Some(Change::new(case, fact).with_private(context.operators()?)))
    }

    /// What the rules find in the text, with what they have to know about its author and other texts.
    async fn apply_rules(
        &self,
        rules: &ActiveRules,
        submission: &Submission,
        keys: &Keys,
    ) -> Result<Judgement, StoreError> {
        let target = submission.target;
        let set = rules.set();
        let same_text = async {
            if set.repeated_text.action == Action::Off {
                return Ok(0);
            }
            let since = Timestamp::now().minus(SAME_TEXT_PERIOD);
            let cases = &self.cases;
            cases
                .count_same_text(&keys.fingerprint, target, since, MAX_COUNTED)
                .await
        };
        let needs_author = set.first_comment.action != Action::Off && target.comment().is_some();
        let author = async {
            let Some(author) = submission.author_id.filter(|_| needs_author) else {
                return Ok((None, 0));
            };
            let created_at = self.accounts.created_at(author);
            tokio::try_join!(created_at, self.cases.count_approved_comments(author, 1))
        };
        let (same_text, (created_at, approved)) = tokio::try_join!(same_text, author)?;
        Ok(rules.rules.judge(&rules::Submission {
            kind: match target.post() {
                Some(_) => Kind::Post,
                None => Kind::Comment,
            },
            fields: &submission.text.fields(),
            author_approved_comments: approved,
            author_account_age: created_at.map(|created_at| Timestamp::now().since(created_at)),
            same_text_elsewhere: same_text,
        }))
    }

    /// Applies what happened at the same time: a deletion, after which no text may be kept, and reports of an earlier
    /// text. Checked after the commit: either this sees them, or they see the commit.
    async fn apply_concurrent(
        &self,
        judged: &Stored<Case>,
        rules: &ActiveRules,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let target = judged.state.target;
        if self.tombstones.contains(target).await? {
            return self.remove_deleted(target, cause).await;
        }
        let is_first = judged.version == 1;
        if is_first || judged.state.decision.outcome != Outcome::Approved {
            return Ok(());
        }
        if rules.hold_for(self.reports.count_open(target).await?) {
            self.hold(target, rules, cause).await?;
        }
        Ok(())
    }
}
