//! Connecting to MongoDB, with every wait bounded.

use std::time::Duration;

use mongodb::{
    Client, Database,
    bson::doc,
    options::{Acknowledgment, ClientOptions, WriteConcern},
};

use super::StoreError;

/// The longest that one database operation may take before the caller answers 503. With it a stopped database
/// is told to the client within two seconds.
pub const OPERATION_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the driver looks for a server that can serve.
const SELECTION_TIMEOUT: Duration = Duration::from_millis(1000);

/// Opens `database` at `uri`. No connection is made yet, so a service starts while its database is away.
///
/// Writes are acknowledged by a majority, from the journal: what was answered 201 survives a crash.
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

/// Whether the database answers.
///
/// # Errors
/// If it does not within [`OPERATION_TIMEOUT`].
pub async fn ping(database: &Database) -> Result<(), StoreError> {
    bounded(async { Ok(database.run_command(doc! { "ping": 1 }).await.map(drop)?) }).await
}

/// Runs a database operation for at most [`OPERATION_TIMEOUT`].
///
/// # Errors
/// Those of `operation`, or [`StoreError::Unavailable`] when the time is up.
pub async fn bounded<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(OPERATION_TIMEOUT, operation).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}
