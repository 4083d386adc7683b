//! The operator's commands.

use std::time::Duration;

use clap::Subcommand;
use runtime::service::{ServiceContext, StartError};

use crate::{config::QuerySettings, store::Store};

/// How often the progress of a rebuild is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Without progress for so long, nobody is at work.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What `query` can be told to do.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum QueryCommand {
    /// Build the read model anew from the log beside the live one, switch to it, and remove the old one
    Rebuild {
        /// Only ask for it; the replica that keeps the model begins within a second
        #[arg(long)]
        no_wait: bool,
    },
}

/// Does `command`.
///
/// # Errors
/// If the database is away, or nobody builds.
pub async fn run(context: ServiceContext, _: QuerySettings, command: QueryCommand) -> Result<(), StartError> {
    let QueryCommand::Rebuild { no_wait } = command;
    let store = Store::new(context.database()?);
    let failed = |error| StartError::new("the rebuild cannot be asked for", error);
    let building = store.meta.request_rebuild().await.map_err(failed)?;
    tracing::info!(generation = building.generation, "rebuild asked for");
    if no_wait {
        Ok(())
    } else {
        follow(&store, building.generation).await
    }
}

/// Waits until `generation` is live.
async fn follow(store: &Store, generation: u32) -> Result<(), StartError> {
    let failed = |error| StartError::new("the rebuild cannot be followed", error);
    let (mut reached, mut quiet) = (0, Duration::ZERO);
    loop {
        if store
            .meta
            .live()
            .await
            .map_err(failed)?
            .is_some_and(|live| live.generation >= generation)
        {
            tracing::info!(generation, "the new generation is live");
            return Ok(());
        }
        let progress = store.meta.progress(generation).await.map_err(failed)?;
        let position = progress.map_or(0, |progress| progress.sequence);
        if position > reached {
            tracing::info!(generation, position, "building");
            (reached, quiet) = (position, Duration::ZERO);
        }
        if quiet > TIMEOUT {
            return Err(StartError::because(
                "nobody builds: is a replica of query running, with the bus and this database? \
                 The rebuild stays asked for",
            ));
        }
        tokio::time::sleep(LOOK).await;
        quiet += LOOK;
    }
}
