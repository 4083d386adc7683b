//! Users report comments and posts.

use common::{
    api::moderation::ReportReason,
    event::{ReportStatus, Target, Timestamp},
    ids::UserId,
};
use mongodb::bson::doc;
use runtime::{
    service::handle_all,
    store::{Attempts, Cause, Change, CommandError, StoreError, Stored},
};

use super::{Commands, resolution::PAGE};
use crate::domain::{
    Report, ReportError,
    report::{self, Resolution},
};

/// A report to file.
#[derive(Debug, Clone)]
pub struct NewReport {
    pub target: Target,
    pub reporter_id: UserId,
    pub reason: ReportReason,
    /// For moderators only.
    pub note: Option<String>,
}

/// A report, and whether it is new.
#[derive(Debug, Clone)]
pub struct Filed {
    pub report: Stored<Report>,
    pub is_new: bool,
}

impl Commands {
    /// Files a report. The same report again returns the first.
    ///
    /// # Errors
    /// If the user may not report the target.
    pub async fn report(&self, new: NewReport, cause: &Cause) -> Result<Filed, CommandError<ReportError>> {
        let filed = self.file(&new, cause).await?;
        self.apply_reports(new.target, cause).await?;
        self.reports.mark_counted(&filed.report.id).await?;
        Ok(filed)
    }

    async fn file(&self, new: &NewReport, cause: &Cause) -> Result<Filed, CommandError<ReportError>> {
        let refused = CommandError::Domain;
        let record = self.cases.record(new.target).await?;
        let record = record.ok_or(refused(ReportError::UnknownTarget))?;
        if record.text.is_none() {
            return Err(refused(ReportError::Deleted));
        }
        let now = Timestamp::now();
        let first = report::file(
            (&record.case, record.version),
            record.author_id,
            new.reporter_id,
            new.reason,
            now,
        );
        let first = first.map_err(refused)?;
        let id = first.0.id();
        let mut attempts = Attempts::default();
        loop {
            let prior = self.reports.aggregates().find(&id).await?;
            let (report, fact) = match &prior {
                None => first.clone(),
                Some(prior) => {
                    let note = self.reports.notes_of(vec![id.clone()]).await?.remove(&id);
                    let is_same = prior.state.reason == new.reason && note == new.note;
                    match report::refile(&prior.state, &first.0, is_same).map_err(refused)? {
                        Some(change) => change,
                        None => {
                            return Ok(Filed {
                                report: prior.clone(),
                                is_new: false,
                            });
                        }
                    }
                }
            };
            let private = match &new.note {
                Some(note) => doc! { "$set": { "uncounted": true, "note": note } },
                None => doc! { "$set": { "uncounted": true }, "$unset": { "note": "" } },
            };
            let change = Change::new(report, fact).with_private(private);
            match self
                .reports
                .aggregates()
                .save(prior.as_ref(), change, cause)
                .await
            {
                Ok(report) => return Ok(Filed { report, is_new: true }),
                Err(error) => attempts.retry(error).await?,
            }
        }
    }

    /// A page of a user's own reports, newest first.
    pub async fn own_reports(
        &self,
        reporter: UserId,
        after: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Stored<Report>>, StoreError> {
        self.reports.own(reporter, after, limit).await
    }

    /// Removes the account of a deleted user and the notes of their reports. Reports that are not counted lapse: those
    /// that were committed and then refused because of the deletion.
    pub async fn remove_user(&self, user: UserId, cause: &Cause) -> Result<(), StoreError> {
        self.accounts.remove(user).await?;
        self.reports.remove_notes(user).await?;
        let lapsed = &Resolution {
            status: ReportStatus::Lapsed,
            decisions: Resolution::all(),
            at: Timestamp::now(),
        };
        let refused = |failed: Vec<(String, Target)>| async move {
            let failed = failed.into_iter().map(|(id, _)| id).collect();
            self.reports.uncounted_of(user, failed, PAGE).await
        };
        handle_all(refused, |(id, target)| async move {
            let resolve = |report: &_| {
                let resolved = report::resolve(report, lapsed);
                resolved.map(|(state, fact)| Change::new(state, fact))
            };
            self.reports
                .aggregates()
                .update_existing(&id, cause, resolve)
                .await?;
            self.count_reports(target).await?;
            self.reports.mark_counted(&id).await
        })
        .await
    }

    /// Stores when an account was created, unless it was deleted: events may arrive in any order.
    pub async fn insert_account(&self, user: UserId, created_at: Timestamp) -> Result<(), StoreError> {
        match &self.deleted_users {
            Some(deleted) if deleted.contains(user).await? => Ok(()),
            _ => self.accounts.insert(user, created_at).await,
        }
    }
}
