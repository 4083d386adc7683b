//! Databases of a test, on the shared server or on its own one.

use mongodb::Database;
use runtime::store;
use tempfile::TempDir;

use super::{
    conditions::eventually_ok,
    process::{Process, free_port, program},
};

/// A database server for a single test, which may stop it.
#[derive(Debug)]
pub struct DatabaseServer {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
}

impl DatabaseServer {
    /// Starts an empty server.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let mut server = Self {
            process: None,
            folder,
            port: free_port(),
        };
        server.restart().await;
        server
    }

    /// Its address.
    pub fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}", self.port)
    }

    /// Kills it; acknowledged data remains in its folder.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Halts it with SIGSTOP: connections stay open without responses.
    ///
    /// # Panics
    /// If there is no `kill` command or no server.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Continues it after [`freeze`](Self::freeze).
    ///
    /// # Panics
    /// If there is no `kill` command or no server.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().map(|process| process.id().to_string());
        let id = id.unwrap_or_else(|| panic!("the server is not running"));
        let status = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "kill {signal} {id} failed"
        );
    }

    /// Starts it again at the same address with the same data.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        self.stop();
        let port = self.port.to_string();
        let storage = self.folder.path().as_os_str();
        let args = [
            "--port".as_ref(),
            port.as_ref(),
            "--storage-path".as_ref(),
            storage,
        ];
        let durability = [
            "--sync-on-commit",
            "--log-file-max",
            "16MB",
            "--cache-size",
            "64M",
        ]
        .map(AsRef::as_ref);
        self.process = Some(Process::start(
            &program("INKSTREAM_MONGOD"),
            args.into_iter().chain(durability),
        ));
        let database = connect(&self.uri(), "admin").await;
        eventually_ok("the database server starts", async || {
            store::ping(&database).await
        })
        .await;
    }
}

/// A database for a single test on the shared server; deleted after the test has passed.
#[derive(Debug)]
pub struct TestDatabase {
    uri: String,
    name: String,
}

impl TestDatabase {
    /// A new database, whose name begins with `service`.
    ///
    /// # Panics
    /// If `MONGODB_URI` is not set.
    pub fn new(service: &str) -> Self {
        let uri = std::env::var("MONGODB_URI")
            .unwrap_or_else(|_| panic!("MONGODB_URI is not set; run the tests with `cargo xtask test`"));
        Self::on(&uri, service)
    }

    /// A new database on the server at `uri`.
    pub fn on(uri: &str, service: &str) -> Self {
        Self {
            uri: uri.to_owned(),
            name: format!("{service}-{}", uuid::Uuid::now_v7().simple()),
        }
    }

    /// The server's address.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection to it.
    ///
    /// # Panics
    /// If the address is invalid.
    pub async fn connect(&self) -> Database {
        connect(&self.uri, &self.name).await
    }

    /// Deletes it; a failed test keeps it for inspection.
    pub async fn remove(self) {
        // The test may have stopped the server.
        let _ = self.connect().await.drop().await;
    }
}

async fn connect(uri: &str, name: &str) -> Database {
    store::connect(uri, name, "test")
        .await
        .unwrap_or_else(|error| panic!("{uri}: {error}"))
}
