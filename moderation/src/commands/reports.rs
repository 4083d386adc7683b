//! People report what should be looked at.

use common::{
    api::moderation::ReportReason,
    event::{ReportFact, Target, Timestamp},
    ids::UserId,
};
use mongodb::bson::{Document, doc};
use runtime::store::{Cause, Change, CommandError, NewAggregate, StoreError, Stored};

use super::Commands;
use crate::domain::{Report, ReportError, report};

/// What a person reports.
#[derive(Debug, Clone)]
pub struct Filing {
    pub target: Target,
    pub reporter_id: UserId,
    pub reason: ReportReason,
    /// Their own words, for moderators.
    pub note: Option<String>,
}

/// A report, and whether it was filed just now.
#[derive(Debug, Clone)]
pub struct Filed {
    pub report: Stored<Report>,
    pub is_new: bool,
}

impl Commands {
    /// Files a report. The same again finds the first.
    ///
    /// # Errors
    /// If there is nothing that they could report, or the database is away.
    pub async fn report(&self, filing: Filing, cause: &Cause) -> Result<Filed, CommandError<ReportError>> {
        let target = filing.target;
        let record = self.cases.record(target).await?;
        let record = record.ok_or(CommandError::Domain(ReportError::UnknownTarget))?;
        if record.text.is_none() {
            return Err(CommandError::Domain(ReportError::Gone));
        }
        let (report, fact) = report::file(
            &record.case,
            record.author_id,
            filing.reporter_id,
            filing.reason,
            Timestamp::now(),
        )
        .map_err(CommandError::Domain)?;
        let filed = self.file(report, fact, filing.note.as_deref(), cause).await?;
        self.weigh(target, cause).await?;
        self.reports.counted(&filed.report.id).await?;
        Ok(filed)
    }

    async fn file(
        &self,
        report: Report,
        fact: ReportFact,
        note: Option<&str>,
        cause: &Cause,
    ) -> Result<Filed, CommandError<ReportError>> {
        let store = self.reports.store();
        let new = NewAggregate::new(report.clone(), fact).with_private(beside(note));
        match store.create(new, cause).await {
            Ok(created) => Ok(Filed {
                report: created.into_stored(),
                is_new: true,
            }),
            Err(StoreError::Duplicate { .. }) => self.file_again(&report, note, cause).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn file_again(
        &self,
        next: &Report,
        note: Option<&str>,
        cause: &Cause,
    ) -> Result<Filed, CommandError<ReportError>> {
        let id = next.id();
        let mut words = self.reports.words_of(vec![id.clone()]).await?;
        let said_before = words.remove(&id);
        let mut is_new = false;
        let decide = |prior: &Stored<Report>| {
            let is_same = prior.state.reason == next.reason && said_before.as_deref() == note;
            let change = report::file_again(&prior.state, next, is_same)?;
            is_new = change.is_some();
            Ok(change.map(|(report, fact)| {
                let mut operators = doc! { "$set": beside(note) };
                if note.is_none() {
                    operators.insert("$unset", doc! { "note": "" });
                }
                Change::new(report, fact).with_private(operators)
            }))
        };
        let report = self.reports.store().update(&id, None, cause, decide).await?;
        Ok(Filed { report, is_new })
    }

    /// A part of one's own reports, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn my_reports(
        &self,
        reporter: UserId,
        after: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Stored<Report>>, StoreError> {
        self.reports.mine(reporter, after, limit).await
    }

    /// Forgets the account and the words of a person who left.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_person(&self, reporter: UserId) -> Result<(), StoreError> {
        self.accounts.forget(reporter).await?;
        self.reports.forget_words(reporter).await
    }

    /// Takes note of an account.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn learn_of(&self, user: UserId, created_at: Timestamp) -> Result<(), StoreError> {
        self.accounts.note(user, created_at).await
    }
}

/// The fields beside a report that was just filed.
fn beside(note: Option<&str>) -> Document {
    let mut fields = doc! { "uncounted": true };
    if let Some(note) = note {
        fields.insert("note", note);
    }
    fields
}
