//! Connecting to MongoDB, with every wait bounded.

use std::time::Duration;

use futures::TryStreamExt as _;
use mongodb::{
    Client, Cursor, Database,
    bson::doc,
    options::{Acknowledgment, ClientOptions, WriteConcern},
};

use serde::de::DeserializeOwned;

use super::StoreError;

/// The timeout of one database operation. With it a client gets 503 within two seconds when the database stops.
pub const OPERATION_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the driver waits for an available server.
const SELECTION_TIMEOUT: Duration = Duration::from_millis(1000);

/// Opens `database` at `uri`. No connection is made yet, so a service starts while its database is unavailable.
///
/// Writes are acknowledged by a majority, from the journal: a confirmed write survives a crash.
///
/// # Errors
/// If `uri` is not a MongoDB connection string.
pub async fn connect(uri: &str, database: &str, service: &str) -> Result<Database, mongodb::error::Error> {
    let mut options = ClientOptions::parse(uri).await?;
    options.app_name = Some(format!("inkstream-{service}"));
    options.server_selection_timeout = Some(SELECTION_TIMEOUT);
    options.connect_timeout = Some(SELECTION_TIMEOUT);
    options.max_pool_size.get_or_insert(32);
    options.write_concern = Some(
        WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .build(),
    );
    Ok(Client::with_options(options)?.database(database))
}

/// Checks that the database responds.
///
/// # Errors
/// If it does not respond within [`OPERATION_TIMEOUT`].
pub async fn ping(database: &Database) -> Result<(), StoreError> {
    execute(database.run_command(doc! { "ping": 1 })).await.map(drop)
}

/// Runs one action of the driver, such as `collection.find_one(…)`, for at most [`OPERATION_TIMEOUT`].
///
/// # Errors
/// Those of the action, or [`StoreError::Unavailable`] after the timeout.
pub async fn execute<T>(
    action: impl IntoFuture<Output = mongodb::error::Result<T>>,
) -> Result<T, StoreError> {
    bounded(async { Ok(action.await?) }).await
}

/// Runs a query, which has a limit, and returns all that it finds, within [`OPERATION_TIMEOUT`].
///
/// # Errors
/// Those of the query and of reading what it finds, or [`StoreError::Unavailable`] after the timeout.
pub async fn fetch_all<T: DeserializeOwned + Unpin + Send + Sync>(
    query: impl IntoFuture<Output = mongodb::error::Result<Cursor<T>>>,
) -> Result<Vec<T>, StoreError> {
    bounded(async { Ok(query.await?.try_collect().await?) }).await
}

/// Runs an operation of several actions for at most [`OPERATION_TIMEOUT`].
///
/// # Errors
/// Those of `operation`, or [`StoreError::Unavailable`] after the timeout.
pub async fn bounded<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    within(OPERATION_TIMEOUT, operation).await
}

pub(super) async fn within<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, operation).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}
