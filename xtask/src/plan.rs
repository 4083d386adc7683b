//! What the platform consists of: each child's program, arguments, settings and readiness, and the stages
//! they start in (servers, provisioning, services, gateway).

use crate::{
    child::{Ready, Spec},
    places::{Places, private_folder},
    ports::{Ports, local, must_be_free},
    secrets,
    services::{PROVISIONER, SERVICES, Service, by_name},
    tools::Tools,
};
use anyhow::Context;
use common::event::permissions::{PROVISIONING, accounts, nats_authorization, permissions};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// Everything needed to make the plan.
#[derive(Debug)]
pub struct Plan {
    pub places: Places,
    pub ports: Ports,
    pub tools: Tools,
    /// Set: use this server and start none.
    pub own_mongo: Option<String>,
    pub own_nats: Option<String>,
    pub release: bool,
    pub durability: Durability,
    /// Settings that all services get on top of their own.
    pub extra: Vec<(&'static str, &'static str)>,
}

/// A server given in the environment, to be used instead of one of ours.
pub fn own_server(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|uri| !uri.trim().is_empty())
}

impl Plan {
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.ports.gateway)
    }

    /// Every port must be free before anything starts.
    pub fn check_ports(&self) -> anyhow::Result<()> {
        let remedy = "Stop that program, or move all of Inkstream with --port-offset 100.";
        must_be_free(self.ports.gateway, "the gateway", "Choose another with --port.")?;
        if self.own_nats.is_none() {
            must_be_free(self.ports.nats(), "nats-server", remedy)?;
            must_be_free(self.ports.nats_monitor(), "nats-server's monitoring", remedy)?;
        }
        if self.own_mongo.is_none() {
            must_be_free(self.ports.mongo(), "the MongoDB-wire server", remedy)?;
        }
        for service in SERVICES {
            must_be_free(self.ports.api(service), service.name, remedy)?;
            must_be_free(self.ports.ops(service), service.name, remedy)?;
        }
        Ok(())
    }

    /// The bus and the database, with the port of each.
    pub fn servers(&self) -> anyhow::Result<Vec<(Spec, u16)>> {
        let mut servers = Vec::new();
        if self.own_nats.is_none() {
            servers.push((self.nats_server()?, self.ports.nats()));
        }
        if self.own_mongo.is_none() {
            let data = self.places.data("mongo");
            private_folder(&data)?;
            let spec = mongod(&self.tools.mongod, self.ports.mongo(), &data, self.durability);
            servers.push((spec, self.ports.mongo()));
        }
        Ok(servers)
    }

    fn nats_server(&self) -> anyhow::Result<Spec> {
        let store = self.places.data("nats");
        private_folder(&store)?;
        let config = self.places.run().join("nats.conf");
        let keys = accounts().into_iter().map(|account| {
            let (public, _) = secrets::nkey(&self.places, account)?;
            anyhow::Ok((account, public))
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let accounts = keys.iter().map(|(account, public)| (*account, public.as_str()));
        let text =
            nats_config(self.ports.nats(), self.ports.nats_monitor(), &store) + &nats_authorization(accounts);
        fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
        Ok(Spec {
            name: "nats-server".into(),
            program: self.tools.nats_server.clone(),
            args: vec!["--config".into(), config.into()],
            env: Vec::new(),
            ready: Ready::Answers(local(self.ports.nats_monitor()), "/healthz?js-server-only=true"),
        })
    }

    /// Makes the streams and buckets; ends by itself.
    pub fn provisioning(&self) -> anyhow::Result<(PathBuf, Vec<(String, OsString)>)> {
        let service = by_name(PROVISIONER).context("the provisioner is no service")?;
        let mut settings = self.settings(service)?;
        // Later wins: it has an account of its own.
        settings.extend(self.bus_account(PROVISIONING)?);
        Ok((self.program(service), settings))
    }

    pub fn services(&self) -> anyhow::Result<Vec<(Spec, u16)>> {
        SERVICES
            .iter()
            .map(|service| Ok((self.service(service)?, self.ports.api(service))))
            .collect()
    }

    fn service(&self, service: &Service) -> anyhow::Result<Spec> {
        Ok(Spec {
            name: service.name.into(),
            program: self.program(service),
            args: vec!["serve".into()],
            env: self.settings(service)?,
            ready: Ready::Answers(local(self.ports.ops(service)), "/readyz"),
        })
    }

    pub fn program(&self, service: &Service) -> PathBuf {
        self.places.programs(self.release).join(service.name)
    }

    /// The account's key, on a server of ours. A server of the developer's has its own ways.
    fn bus_account(&self, account: &str) -> anyhow::Result<Option<(String, OsString)>> {
        if self.own_nats.is_some() || permissions(account).is_none() {
            return Ok(None);
        }
        let (_, seed) = secrets::nkey(&self.places, account)?;
        Ok(Some(("NATS_NKEY_SEED_FILE".into(), seed.into())))
    }

    /// What a service gets in its environment.
    pub fn settings(&self, service: &Service) -> anyhow::Result<Vec<(String, OsString)>> {
        let state = self.places.service_state(service.name);
        private_folder(&state)?;
        let mongo = self
            .own_mongo
            .clone()
            .unwrap_or_else(|| mongo_uri(self.ports.mongo()));
        let nats = self
            .own_nats
            .clone()
            .unwrap_or_else(|| format!("nats://{}", local(self.ports.nats())));
        let mut settings: Vec<(String, OsString)> = vec![
            (
                "LISTEN_ADDR".into(),
                local(self.ports.api(service)).to_string().into(),
            ),
            (
                "OPS_LISTEN_ADDR".into(),
                local(self.ports.ops(service)).to_string().into(),
            ),
            ("NATS_URL".into(), nats.into()),
            ("PUBLIC_URL".into(), self.url().into()),
            ("STATE_DIR".into(), state.into()),
        ];
        if service.database {
            settings.push(("MONGODB_URI".into(), mongo.into()));
            settings.push(("MONGODB_DATABASE".into(), service.name.into()));
        }
        settings.extend(self.bus_account(service.name)?);
        // What the developer has set for all services stays.
        for (name, value) in [("LOG_FORMAT", "text"), ("RUST_LOG", "info")] {
            settings.push((name.into(), env::var_os(name).unwrap_or_else(|| value.into())));
        }
        for (name, value) in service.settings {
            settings.push(((*name).into(), self.value(value)?));
        }
        settings.extend(
            self.extra
                .iter()
                .map(|(name, value)| ((*name).into(), value.into())),
        );
        Ok(settings)
    }

    /// What a setting of the table of services stands for.
    fn value(&self, text: &str) -> anyhow::Result<OsString> {
        let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match inside.and_then(|inside| inside.split_once(':')) {
            Some(("secret", name)) => Ok(secrets::file(&self.places, name)?.into()),
            Some(("url", name)) => {
                let service = by_name(name).with_context(|| format!("{text} names no service"))?;
                Ok(format!("http://{}", local(self.ports.api(service))).into())
            }
            _ => Ok(text.into()),
        }
    }

    pub fn gateway(&self) -> (Spec, u16) {
        let (port, offset) = (self.ports.gateway.to_string(), self.ports.offset.to_string());
        let args = ["gateway", "--port", &port, "--port-offset", &offset];
        let spec = Spec {
            name: "gateway".into(),
            program: self.places.xtask.clone(),
            args: args.into_iter().map(OsString::from).collect(),
            env: Vec::new(),
            ready: Ready::Listens(local(self.ports.gateway)),
        };
        (spec, self.ports.gateway)
    }
}

/// Whether a commit waits for the disk. Tests need not: they kill processes, not machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    #[default]
    Fsync,
    ProcessOnly,
}

pub fn mongod(program: &Path, port: u16, storage: &Path, durability: Durability) -> Spec {
    let mut args: Vec<OsString> = vec!["--port".into(), port.to_string().into()];
    args.extend(["--storage-path".into(), storage.into()]);
    args.extend(
        [
            "--log-file-max",
            "16MB",
            "--cache-size",
            "256M",
            "--log-level",
            "WARNING",
        ]
        .map(OsString::from),
    );
    if durability == Durability::Fsync {
        args.push("--sync-on-commit".into());
    }
    Spec {
        name: "secantusd".into(),
        program: program.into(),
        args,
        env: Vec::new(),
        ready: Ready::Listens(local(port)),
    }
}

/// One server, so the driver need not look for others.
pub fn mongo_uri(port: u16) -> String {
    format!("mongodb://{}/?directConnection=true", local(port))
}

/// `sync_interval: always`: an acknowledged message is on the disk. The default is every two minutes.
fn nats_config(port: u16, monitor: u16, store: &Path) -> String {
    format!(
        "# ConsistencyHeaders anew by every `cargo xtask up`.\n\
         server_name: inkstream-dev\n\
         listen: {}\n\
         http: {}\n\
         jetstream {{\n  store_dir: {:?}\n  sync_interval: always\n  max_memory_store: 256MB\n  max_file_store: 8GB\n}}\n",
        local(port),
        local(monitor),
        store
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nats_keeps_what_it_acknowledges_and_listens_on_this_machine_only() {
        let config = nats_config(1, 2, Path::new("/data with space/nats"));
        assert!(config.contains("sync_interval: always"));
        assert!(config.contains("store_dir: \"/data with space/nats\""));
        assert!(config.contains("listen: 127.0.0.1:1\n") && config.contains("http: 127.0.0.1:2\n"));
    }

    #[test]
    fn only_the_platforms_own_database_waits_for_the_disk() {
        let has = |spec: Spec| spec.args.contains(&OsString::from("--sync-on-commit"));
        assert!(has(mongod(Path::new("m"), 1, Path::new("d"), Durability::Fsync)));
        assert!(!has(mongod(
            Path::new("m"),
            1,
            Path::new("d"),
            Durability::ProcessOnly
        )));
    }
}
