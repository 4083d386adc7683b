//! The processes of a platform: program, arguments, settings and readiness of each, and the stages in which they
//! start (servers, provisioning, services, gateway).

use crate::{
    gateway::{self, Upstreams},
    paths::{Paths, private_folder},
    ports::{Ports, local, must_be_free},
    process::{Ready, Spec},
    secrets,
    services::{PROVISIONER, SERVICES, Service, by_name},
    tools::{MONGOD, NATS_SERVER, NGINX, Tool},
};
use anyhow::Context;
use common::event::permissions::{PROVISIONING, accounts, nats_authorization, permissions};
use std::{
    env,
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

type Settings = Vec<(String, OsString)>;

/// Everything that the specifications depend on.
#[derive(Debug)]
pub struct Plan {
    pub paths: Paths,
    pub ports: Ports,
    pub release: bool,
    pub durability: Durability,
    /// External servers, to be used instead of local ones.
    pub mongo: Option<String>,
    pub nats: Option<String>,
    /// Settings of all services, on top of their own.
    pub extra: &'static [(&'static str, &'static str)],
}

/// Whether a commit waits for the disk. Tests do not need it: they kill processes, not machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Fsync,
    ProcessOnly,
}

/// The URI of an external server from the environment.
pub fn external_server(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|uri| !uri.trim().is_empty())
}

impl Plan {
    /// The developer's own platform, on external servers if the environment has them.
    pub fn new(paths: &Paths, ports: Ports, release: bool) -> Self {
        Self {
            paths: paths.clone(),
            ports,
            release,
            durability: Durability::Fsync,
            mongo: external_server("MONGODB_URI"),
            nats: external_server("NATS_URL"),
            extra: &[],
        }
    }

    pub fn tools(&self) -> Vec<&'static Tool> {
        let nats = self.nats.is_none().then_some(&NATS_SERVER);
        let mongo = self.mongo.is_none().then_some(&MONGOD);
        [Some(&NGINX), nats, mongo].into_iter().flatten().collect()
    }

    /// Every port must be free before anything starts.
    pub fn check_ports(&self) -> anyhow::Result<()> {
        let remedy = "Stop that program, or move all ports with --port-offset 100.";
        must_be_free(
            local(self.ports.gateway),
            "the gateway",
            "Choose another with --port.",
        )?;
        if self.nats.is_none() {
            must_be_free(self.ports.nats(), "nats-server", remedy)?;
            must_be_free(self.ports.nats_monitor(), "nats-server's monitoring", remedy)?;
        }
        if self.mongo.is_none() {
            must_be_free(self.ports.mongo(), "the MongoDB-wire server", remedy)?;
        }
        for service in SERVICES {
            must_be_free(self.ports.api(service), service.name, remedy)?;
            must_be_free(self.ports.ops(service), service.name, remedy)?;
        }
        Ok(())
    }

    /// The bus and the database.
    pub fn servers(&self) -> anyhow::Result<Vec<Spec>> {
        let mut servers = Vec::new();
        if self.nats.is_none() {
            servers.push(self.nats_server()?);
        }
        if self.mongo.is_none() {
            let data = self.paths.data("mongo");
            private_folder(&data)?;
            servers.push(mongod(&self.paths, self.ports.mongo(), &data, self.durability));
        }
        Ok(servers)
    }

    fn nats_server(&self) -> anyhow::Result<Spec> {
        let (store, config) = (self.paths.data("nats"), self.paths.run().join("nats.conf"));
        private_folder(&store)?;
        let mut keys = Vec::new();
        for account in accounts() {
            keys.push((account, secrets::nkey(&self.paths, account)?.0));
        }
        let (address, monitor) = (self.ports.nats(), self.ports.nats_monitor());
        let text = nats_config(address, monitor, &store)
            + &nats_authorization(keys.iter().map(|(account, public)| (*account, public.as_str())));
        fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
        Ok(Spec {
            name: "nats-server".into(),
            program: NATS_SERVER.program(&self.paths),
            args: vec!["--config".into(), config.into()],
            env: Vec::new(),
            port: address.port(),
            ready: Ready::Responds(format!("http://{monitor}/healthz?js-server-only=true")),
        })
    }

    /// The program and settings that create the streams and buckets.
    pub fn provisioning(&self) -> anyhow::Result<(PathBuf, Settings)> {
        let service = by_name(PROVISIONER)?;
        let mut settings = self.settings(service)?;
        // The last value counts: it has its own account.
        settings.extend(self.bus_account(PROVISIONING)?);
        Ok((self.program(service), settings))
    }

    pub fn services(&self) -> anyhow::Result<Vec<Spec>> {
        let spec = |service: &Service| {
            Ok(Spec {
                name: service.name.into(),
                program: self.program(service),
                args: vec!["serve".into()],
                env: self.settings(service)?,
                port: self.ports.api(service).port(),
                ready: Ready::Responds(format!("http://{}/readyz", self.ports.ops(service))),
            })
        };
        SERVICES.iter().map(spec).collect()
    }

    pub fn gateway(&self) -> anyhow::Result<Spec> {
        let address = |service: &Service| (service.name.to_owned(), vec![self.ports.api(service)]);
        let upstreams: Upstreams = SERVICES.iter().map(address).collect();
        let port = self.ports.gateway;
        Ok(Spec {
            name: "gateway".into(),
            program: NGINX.program(&self.paths),
            args: gateway::prepare(&self.paths, port, &upstreams)?,
            env: Vec::new(),
            port,
            ready: Ready::Listens(local(port)),
        })
    }

    pub fn program(&self, service: &Service) -> PathBuf {
        self.paths.programs(self.release).join(service.name)
    }

    /// The key of an account on the local bus. An external server has its own way.
    fn bus_account(&self, account: &str) -> anyhow::Result<Option<(String, OsString)>> {
        if self.nats.is_some() || permissions(account).is_none() {
            return Ok(None);
        }
        let (_, seed) = secrets::nkey(&self.paths, account)?;
        Ok(Some(("NATS_NKEY_SEED_FILE".into(), seed.into())))
    }

    /// The environment of a service.
    pub fn settings(&self, service: &Service) -> anyhow::Result<Settings> {
        let state = self.paths.service_state(service.name);
        private_folder(&state)?;
        let mut settings = Settings::new();
        let mut set = |name: &str, value: OsString| settings.push((name.to_owned(), value));
        set("LISTEN_ADDR", self.ports.api(service).to_string().into());
        set("OPS_LISTEN_ADDR", self.ports.ops(service).to_string().into());
        set("PUBLIC_URL", self.ports.url().into());
        set("STATE_DIR", state.into());
        let nats = self.nats.clone();
        set(
            "NATS_URL",
            nats.unwrap_or_else(|| format!("nats://{}", self.ports.nats()))
                .into(),
        );
        if service.database {
            let mongo = self.mongo.clone();
            set(
                "MONGODB_URI",
                mongo.unwrap_or_else(|| mongo_uri(self.ports.mongo())).into(),
            );
            set("MONGODB_DATABASE", service.name.into());
        }
        // The developer's choice for all services has precedence.
        for (name, value) in [("LOG_FORMAT", "text"), ("RUST_LOG", "info")] {
            set(name, env::var_os(name).unwrap_or_else(|| value.into()));
        }
        for (name, secret) in service.secrets {
            set(name, secrets::file(&self.paths, secret)?.into());
        }
        for other in SERVICES
            .iter()
            .filter(|other| service.client && other.name != service.name)
        {
            let url = format!("http://{}", self.ports.api(other));
            set(&format!("{}_URL", other.name.to_uppercase()), url.into());
        }
        for (name, value) in self.extra {
            set(name, value.into());
        }
        settings.extend(self.bus_account(service.name)?);
        Ok(settings)
    }
}

pub fn mongod(paths: &Paths, address: SocketAddr, storage: &Path, durability: Durability) -> Spec {
    let port = address.port();
    let mut args: Vec<OsString> = vec!["--port".into(), port.to_string().into()];
    args.extend(["--storage-path".into(), storage.into()]);
    let limits = [
        "--log-file-max",
        "16MB",
        "--cache-size",
        "256M",
        "--log-level",
        "WARNING",
    ];
    args.extend(limits.map(OsString::from));
    if durability == Durability::Fsync {
        args.push("--sync-on-commit".into());
    }
    Spec {
        name: "secantusd".into(),
        program: MONGOD.program(paths),
        args,
        env: Vec::new(),
        port,
        ready: Ready::Listens(address),
    }
}

/// One server, so the driver need not look for others.
pub fn mongo_uri(address: SocketAddr) -> String {
    format!("mongodb://{address}/?directConnection=true")
}

/// `sync_interval: always`: an acknowledged message is on the disk. The default is every two minutes.
fn nats_config(address: SocketAddr, monitor: SocketAddr, store: &Path) -> String {
    format!(
        "# Generated by `cargo xtask up`.\n\
         server_name: inkstream-dev\n\
         listen: {address}\n\
         http: {monitor}\n\
         jetstream {{\n  store_dir: {store:?}\n  sync_interval: always\n  max_memory_store: 256MB\n  max_file_store: 8GB\n}}\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::scratch;

    #[test]
    fn nats_syncs_before_it_acknowledges_and_listens_on_this_machine_only() {
        let config = nats_config(local(1), local(2), Path::new("/data with space/nats"));
        assert!(config.contains("sync_interval: always"));
        assert!(config.contains("store_dir: \"/data with space/nats\""));
        assert!(config.contains("listen: 127.0.0.1:1\n") && config.contains("http: 127.0.0.1:2\n"));
    }

    #[test]
    fn the_database_waits_for_the_disk_except_in_tests() {
        let (_folder, paths) = scratch();
        let syncs = |durability| {
            let spec = mongod(&paths, local(1), Path::new("d"), durability);
            spec.args.contains(&OsString::from("--sync-on-commit"))
        };
        assert!(syncs(Durability::Fsync) && !syncs(Durability::ProcessOnly));
    }

    #[test]
    fn the_front_end_gets_the_address_of_every_service_and_no_database() {
        let (_folder, paths) = scratch();
        let plan = Plan {
            nats: Some("nats://elsewhere".into()),
            ..Plan::new(&paths, Ports::new(None, 100), false)
        };
        let settings = plan.settings(by_name("web").unwrap()).unwrap();
        let value = |name: &str| {
            settings
                .iter()
                .find(|(setting, _)| setting == name)
                .map(|(_, value)| value.clone())
        };
        assert_eq!(value("POSTS_URL"), Some("http://127.0.0.1:4102".into()));
        assert_eq!((value("WEB_URL"), value("MONGODB_URI")), (None, None));
        assert_eq!(value("NATS_URL"), Some("nats://elsewhere".into()));
    }
}
