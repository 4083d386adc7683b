//! A text comes: it is judged by the rules, once.

use std::time::Duration;

use common::{
    api::moderation::Action,
    event::{Outcome, Target, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Cause, Change, NewAggregate, StoreError, Stored};

use super::{ATTEMPTS, Commands, InForce};
use crate::{
    domain::{
        Case, Judged, Text, case,
        rules::{self, Judgement, Kind, Submission as Question},
    },
    store::Context,
};

/// Texts that say the same are counted for so long.
const SAME_TEXT_WINDOW: Duration = Duration::from_secs(24 * 3600);
/// Counted no further than any rule's limit goes.
const MAX_COUNTED: u64 = 1001;

/// A text that has come.
#[derive(Debug, Clone)]
pub struct Submission {
    pub target: Target,
    /// A comment's revision, or the version of the post that has it.
    pub revision: u64,
    pub author_id: Option<UserId>,
    /// The post itself, or that which the comment is on.
    pub post_id: PostId,
    /// A post's address.
    pub slug: Option<String>,
    pub text: Text,
}

impl Commands {
    /// Judges a text, unless that was done.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn judge(&self, submission: Submission, cause: &Cause) -> Result<(), StoreError> {
        let started = std::time::Instant::now();
        let id = submission.target.id.to_string();
        let (digest, whole) = (submission.text.digest(), submission.text.whole());
        let fingerprint = hex::encode(rules::fingerprint(&whole));
        for _ in 0..ATTEMPTS {
            let (in_force, prior) = tokio::try_join!(self.engine.in_force(), self.cases.store().find(&id))?;
            if let Some(prior) = &prior
                && prior.state.decision.revision >= submission.revision
            {
                if submission.author_id.is_none() {
                    self.cases.forget_author(submission.target).await?;
                }
                return Ok(());
            }
            let is_reported = match &prior {
                Some(_) => in_force.is_held_by(self.reports.count_open(submission.target).await?),
                // Nobody can report what has not come.
                None => false,
            };
            let judged = Judged {
                target: submission.target,
                revision: submission.revision,
                digest: &digest,
                rules_revision: in_force.revision(),
                is_reported,
            };
            let found = self.finding(&in_force, &submission, &whole, &fingerprint).await?;
            let beside = context(&submission, &fingerprint, &found);
            match self.say(prior, judged, &found, &beside, cause).await {
                // Somebody was faster: what they said counts for what is said now.
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error),
                Ok(None) => return Ok(()),
                Ok(Some(said)) => {
                    let outcome = said.state.decision.outcome.as_str();
                    let kind = submission.target.kind.as_str();
                    metrics::counter!("moderation_verdicts_total", "kind" => kind, "outcome" => outcome)
                        .increment(1);
                    metrics::histogram!("moderation_judging_seconds").record(started.elapsed());
                    return self.look_after(&said, &in_force, cause).await;
                }
            }
        }
        Err(StoreError::Conflict { id })
    }

    /// What the rules find in it.
    async fn finding(
        &self,
        in_force: &InForce,
        submission: &Submission,
        whole: &str,
        fingerprint: &str,
    ) -> Result<Judgement, StoreError> {
        let target = submission.target;
        let rules = in_force.set();
        let same_text = async {
            if rules.repeated_text.action == Action::Off {
                return Ok(0);
            }
            let since = Timestamp::now().minus(SAME_TEXT_WINDOW);
            let cases = &self.cases;
            cases
                .count_same_text(fingerprint, target, since, MAX_COUNTED)
                .await
        };
        let asked = rules.first_comment.action != Action::Off && target.comment().is_some();
        let author = async {
            let Some(author) = submission.author_id.filter(|_| asked) else {
                return Ok((None, 0));
            };
            let age = self.accounts.created_at(author);
            tokio::try_join!(age, self.cases.count_approved_comments(author, 1))
        };
        let (same_text, (created_at, approved)) = tokio::try_join!(same_text, author)?;
        let question = Question {
            kind: match target.post() {
                Some(_) => Kind::Post,
                None => Kind::Comment,
            },
            text: whole,
            author_approved_comments: approved,
            author_account_age: created_at.map(|created_at| Timestamp::now().since(created_at)),
            same_text_elsewhere: same_text,
        };
        Ok(in_force.rules.judge(&question))
    }

    /// Commits what follows for the text; `None` if nothing does.
    async fn say(
        &self,
        prior: Option<Stored<Case>>,
        judged: Judged<'_>,
        found: &Judgement,
        beside: &Context,
        cause: &Cause,
    ) -> Result<Option<Stored<Case>>, StoreError> {
        let before = prior.as_ref().map(|prior| &prior.state);
        let Some((case, fact)) = case::judge(before, judged, found, Timestamp::now()) else {
            return Ok(None);
        };
        let said = match prior {
            None => {
                let new = NewAggregate::new(case, fact).with_private(beside.fields()?);
                self.cases.store().create(new, cause).await?.into_stored()
            }
            Some(prior) => {
                let change = Change::new(case, fact).with_private(beside.operators()?);
                self.cases.store().commit(&prior, change, cause).await?
            }
        };
        Ok(Some(said))
    }

    /// Puts right what happened at the same time: a deletion, of which no text may be kept, and reports that were
    /// filed of an earlier text. Asked after the commit: either this sees it, or whoever did it sees the commit.
    async fn look_after(
        &self,
        said: &Stored<Case>,
        in_force: &InForce,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let target = said.state.target;
        if self.gone.contains(target).await? {
            return self.forget(target, cause).await;
        }
        let is_first = said.version == 1;
        if is_first || said.state.decision.outcome != Outcome::Approved {
            return Ok(());
        }
        let open = self.reports.count_open(target).await?;
        if in_force.is_held_by(open) {
            self.hold(target, in_force, cause).await?;
        }
        Ok(())
    }
}

fn context(submission: &Submission, fingerprint: &str, found: &Judgement) -> Context {
    Context {
        author_id: submission.author_id,
        post_id: submission.post_id,
        slug: submission.slug.clone(),
        text: submission.text.clone(),
        fingerprint: fingerprint.to_owned(),
        findings: found.findings.clone(),
    }
}
