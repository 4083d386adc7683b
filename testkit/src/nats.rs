//! A nats-server for a single test. Each service has its account and permissions there, as in production; a client
//! without a key is unrestricted, for the tests themselves.

use std::{collections::BTreeMap, fs, path::PathBuf};

use common::event::permissions::{PROVISIONING, accounts, nats_users};
use nkeys::KeyPair;
use runtime::{
    bus::{Bus, BusSettings, Replicas, provision},
    config::Secret,
};
use tempfile::TempDir;

use super::{
    conditions::eventually_ok,
    process::{Process, free_port, program},
};

/// A nats-server with JetStream and its own storage folder.
#[derive(Debug)]
pub struct NatsServer {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    /// By account: the nkey's public key and its seed.
    keys: BTreeMap<&'static str, (String, String)>,
    /// By account: an additional subject that it may publish to.
    granted: Vec<(&'static str, String)>,
}

impl NatsServer {
    /// Starts a server and creates the streams and buckets.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        let server = Self::start_empty().await;
        server.provision().await;
        server
    }

    /// Starts a server without streams.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_empty() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let mut server = Self {
            process: None,
            folder,
            port: free_port(),
            keys: accounts().into_iter().map(|account| (account, nkey())).collect(),
            granted: Vec::new(),
        };
        server.restart().await;
        server
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Creates the streams and buckets.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn provision(&self) {
        let bus = self.connect_as(PROVISIONING).await;
        eventually_ok("provisioning", async || {
            provision(bus.jetstream(), Replicas::default()).await
        })
        .await;
    }

    /// The nkey seed of `account`, a service or one of operations; `None` if there is no such account.
    pub fn seed(&self, account: &str) -> Option<Secret> {
        self.keys
            .get(account)
            .map(|(_, seed)| Secret::from(seed.as_str()))
    }

    /// A connection with the permissions of `account`.
    ///
    /// # Panics
    /// If there is no such account.
    pub async fn connect_as(&self, account: &'static str) -> Bus {
        let settings = BusSettings {
            urls: vec![Secret::from(self.url())],
            nkey_seed: Some(
                self.seed(account)
                    .unwrap_or_else(|| panic!("no account {account}")),
            ),
            ..BusSettings::default()
        };
        let bus = Bus::connect(&settings, account).await;
        bus.unwrap_or_else(|error| panic!("cannot connect: {error}"))
    }

    /// An unrestricted connection with the name of `service`.
    ///
    /// # Panics
    /// If the address is invalid.
    pub async fn connect(&self, service: &'static str) -> Bus {
        let settings = BusSettings {
            urls: vec![Secret::from(self.url())],
            ..BusSettings::default()
        };
        let bus = Bus::connect(&settings, service).await;
        bus.unwrap_or_else(|error| panic!("cannot connect: {error}"))
    }

    /// Kills it; acknowledged data remains in its folder.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again at the same address with the same store.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        self.stop();
        let config = self.config();
        self.process = Some(Process::start(
            &program("INKSTREAM_NATS_SERVER"),
            ["-c".into(), config.into_os_string()],
        ));
        let address = ("127.0.0.1", self.port);
        eventually_ok("nats-server starts", async || {
            tokio::net::TcpStream::connect(address).await
        })
        .await;
    }

    /// Permits `account` to publish to `subject`, too, after the next [`restart`](Self::restart).
    pub fn permit(&mut self, account: &'static str, subject: &str) {
        self.granted.push((account, subject.to_owned()));
    }

    /// Deletes the log, as after the loss of a disk, and creates an empty one.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn delete_log(&self) {
        let bus = self.connect("provisioning").await;
        let deleted = bus.jetstream().delete_stream(common::event::STREAM).await;
        deleted.unwrap_or_else(|error| panic!("the log cannot be deleted: {error}"));
        self.provision().await;
    }

    fn config(&self) -> PathBuf {
        let path = self.folder.path().join("nats.conf");
        let store = self.folder.path().join("store");
        let keys = self
            .keys
            .iter()
            .map(|(account, (public, _))| (*account, public.as_str()));
        // The disk is synced before each acknowledgement, as in production.
        let text = format!(
            "listen: 127.0.0.1:{}\njetstream {{ store_dir: {store:?}, sync_interval: always }}\n\
             authorization {{ users = [\n{}{{ user: anyone, password: anyone }}\n] }}\nno_auth_user: anyone\n",
            self.port,
            self.permitting(nats_users(keys))
        );
        fs::write(&path, text)
            .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
        path
    }

    /// The configuration of the accounts with additional [permissions](Self::permit).
    fn permitting(&self, mut users: String) -> String {
        for (account, subject) in &self.granted {
            let list = self.keys.get(account).and_then(|(public, _)| {
                let user = users.find(public.as_str())?;
                Some(user + users[user..].find("allow: [")? + "allow: [".len())
            });
            let list = list.unwrap_or_else(|| panic!("no account {account}"));
            users.insert_str(list, &format!("{subject:?}, "));
        }
        users
    }
}

fn nkey() -> (String, String) {
    let pair = KeyPair::new_user();
    let seed = pair.seed();
    (
        pair.public_key(),
        seed.unwrap_or_else(|error| panic!("no nkey: {error}")),
    )
}
