//! Moderators look at the queue and decide.

use std::collections::HashMap;

use common::event::{ReportStatus, Target, Timestamp};
use mongodb::bson::{doc, serialize_to_bson};
use runtime::store::{Cause, Change, CommandError, StoreError, Stored};

use super::Commands;
use crate::{
    domain::{Case, CaseError, Ruling, case},
    store::{QueueQuery, Record, Settlement, Words},
};

/// So many reports are shown with a case.
const MAX_REPORTS: i64 = 100;

/// An entry of the queue, with the words of the first few who reported it, by report.
#[derive(Debug, Clone)]
pub struct Sight {
    pub record: Record,
    pub words: HashMap<String, String>,
}

/// A case, with its reports.
#[derive(Debug, Clone)]
pub struct Sighted {
    pub record: Record,
    pub reports: Vec<Words>,
}

impl Commands {
    /// A part of the queue: two queries, whatever its length.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn queue(&self, query: &QueueQuery) -> Result<Vec<Sight>, StoreError> {
        let records = self.cases.queue(query).await?;
        let first = records.iter().flat_map(|record| {
            let reports = record.reports.iter().flat_map(|reports| &reports.first);
            reports.map(|report| format!("{}:{}", record.case.target.id, report.reporter_id))
        });
        let words = self.reports.words_of(first.collect()).await?;
        let sight = |record: Record| {
            let prefix = format!("{}:", record.case.target.id);
            let of_this = words.iter().filter(|(id, _)| id.starts_with(&prefix));
            Sight {
                words: of_this
                    .map(|(id, words)| (id[prefix.len()..].to_owned(), words.clone()))
                    .collect(),
                record,
            }
        };
        Ok(records.into_iter().map(sight).collect())
    }

    /// All about one comment or post.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nothing was heard of it; [`CaseError::Gone`] if it was deleted.
    pub async fn case(&self, target: Target) -> Result<Sighted, CommandError<CaseError>> {
        let (record, reports) =
            tokio::try_join!(self.cases.record(target), self.reports.of(target, MAX_REPORTS))?;
        let record = present(target, record)?;
        Ok(Sighted { record, reports })
    }

    /// Does what a moderator says. The open reports are settled with it.
    ///
    /// # Errors
    /// If nothing was heard of it, it was deleted, it has another text or version by now, or the database is away.
    pub async fn decide(
        &self,
        target: Target,
        ruling: &Ruling,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Sighted, CommandError<CaseError>> {
        present(target, self.cases.record(target).await?)?;
        let settlement = Settlement {
            status: match ruling.rejected_for {
                Some(_) => ReportStatus::Upheld,
                None => ReportStatus::Dismissed,
            },
            at: Timestamp::now(),
        };
        let settle = serialize_to_bson(&settlement).map_err(StoreError::from)?;
        let mut is_changed = false;
        let decide = |prior: &Stored<Case>| {
            let change = case::rule(&prior.state, ruling, settlement.at)?;
            is_changed = change.is_some();
            let with_settlement = |(case, fact)| {
                Change::new(case, fact).with_private(doc! { "$set": { "settle": settle.clone() } })
            };
            Ok(change.map(with_settlement))
        };
        let id = target.id.to_string();
        self.cases.store().update(&id, if_match, cause, decide).await?;
        if !is_changed {
            // A moderator has said so before; what was reported since then is settled all the same.
            self.cases.to_be_settled(target, &settlement).await?;
        }
        self.settle_some(target, &settlement, cause).await?;
        self.case(target).await
    }
}

fn present(target: Target, record: Option<Record>) -> Result<Record, CommandError<CaseError>> {
    let record = record.ok_or_else(|| StoreError::NotFound {
        kind: target.kind.as_str(),
        id: target.id.to_string(),
    })?;
    if record.text.is_none() {
        return Err(CommandError::Domain(CaseError::Gone));
    }
    Ok(record)
}
