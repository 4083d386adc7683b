//! The operator commands.

use std::time::Duration;

use clap::Subcommand;
use runtime::{
    service::{ServiceContext, StartError},
    store::StoreError,
};

use crate::{config::QuerySettings, store::Store};

const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A rebuild without progress for this long is reported as failed.
const TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum QueryCommand {
    /// Rebuild the read model from the log beside the live one, switch to it, and remove the old one
    Rebuild {
        /// Return at once; the replica that runs the projection starts within a second
        #[arg(long)]
        no_wait: bool,
    },
}

/// # Errors
/// If the database is unavailable, or the rebuild makes no progress.
pub async fn run(context: ServiceContext, _: QuerySettings, command: QueryCommand) -> Result<(), StartError> {
    let QueryCommand::Rebuild { no_wait } = command;
    let store = Store::new(context.database()?);
    let generation = store
        .meta
        .request_rebuild()
        .await
        .map_err(|error| StartError::new("the rebuild cannot be requested", error))?
        .generation;
    tracing::info!(generation, "rebuild requested");
    if no_wait || follow(&store, generation).await.map_err(unobservable)? {
        return Ok(());
    }
    Err(StartError::because(
        "the rebuild makes no progress: is a replica of query running, with the bus and this database? \
         The request remains",
    ))
}

fn unobservable(error: StoreError) -> StartError {
    StartError::new("the progress of the rebuild cannot be read", error)
}

/// Waits until `generation` is live; returns false if there is no progress.
async fn follow(store: &Store, generation: u32) -> Result<bool, StoreError> {
    let (mut reached, mut idle) = (0, Duration::ZERO);
    while idle <= TIMEOUT {
        let live = store.meta.live().await?;
        if live.is_some_and(|live| live.generation >= generation) {
            tracing::info!(generation, "the new read model is live");
            return Ok(true);
        }
        let progress = store.meta.progress(generation).await?;
        let position = progress.map_or(0, |progress| progress.sequence);
        if position > reached {
            tracing::info!(generation, position, "rebuilding");
            (reached, idle) = (position, Duration::ZERO);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        idle += POLL_INTERVAL;
    }
    Ok(false)
}
