//! Renders the documents of a batch on all cores.

use std::thread::available_parallelism;

use runtime::store::StoreError;
use tokio::task::spawn_blocking;

use super::fold::{ById, Versioned};

/// The documents of `states`, in their order.
///
/// # Errors
/// If the process is stopping.
pub async fn render_all<S, D>(states: ById<S>, document: fn(&Versioned<S>) -> D) -> Result<Vec<D>, StoreError>
where
    S: Send + 'static,
    D: Send + 'static,
{
    let cores = available_parallelism().map_or(1, usize::from);
    let share = states.len().div_ceil(cores);
    let mut states = states.into_values().peekable();
    let mut parts = Vec::new();
    while states.peek().is_some() {
        let part: Vec<_> = states.by_ref().take(share).collect();
        parts.push(spawn_blocking(move || {
            part.iter().map(document).collect::<Vec<D>>()
        }));
    }
    let mut documents = Vec::new();
    for part in parts {
        documents.extend(
            part.await
                .map_err(|error| StoreError::Unavailable(error.into()))?,
        );
    }
    Ok(documents)
}
