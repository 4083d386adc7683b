//! `secrets init`: the secrets of a deployment, as files that git ignores. The local overlay uses them as they are;
//! `infra/gcp/upload-secrets` copies them to Google's Secret Manager.
//!
//! A file is `<workload>/<name>`, and its secret there `inkstream-<workload>-<name>`. An existing file is kept. Each
//! account of the bus has two nkeys: `nats-seed`, which is in use, and `nats-seed.next`, which becomes the next one.

use super::{generated_once, public_nkey, random};
use crate::{
    paths::Paths,
    services::{SERVICES, Service},
};
use anyhow::{Context, ensure};
use common::event::permissions::{OPERATOR, PROVISIONING, VIEWER};
use nkeys::KeyPair;
use std::{fmt::Write as _, fs, path::Path, process::ExitCode};

/// From the root of the repository.
pub const FOLDER: &str = "infra/k8s/overlays/local/secrets";
const TLS: &str = "nats-tls";
const NKEYS: &str = "nats-keys/nkeys";
const MEMBERS: u32 = 3;
/// The names of the servers, in their certificate.
const NATS_NAMES: &str = "DNS:nats,DNS:localhost,DNS:nats.inkstream.svc,DNS:nats-0.nats-headless,DNS:nats-1.nats-headless,DNS:nats-2.nats-headless";

#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum Command {
    /// Create the secrets that do not exist yet, in infra/k8s/overlays/local/secrets
    Init,
}

pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init => init(&Paths::find()?.root.join(FOLDER))?,
    }
    println!("The secrets are in {FOLDER}.");
    Ok(ExitCode::SUCCESS)
}

/// The variables of an account's two public nkeys, in the configuration of the bus.
pub fn variables(account: &str) -> [String; 2] {
    [format!("NKEY_{account}"), format!("NKEY_{account}_next")]
}

/// The workloads with an account of the bus. The operator's seed is for the `events` command.
fn accounts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let services = SERVICES.iter().map(|service| (service.name, service.name));
    services.chain([
        ("provision", PROVISIONING),
        ("log-backup", VIEWER),
        ("operator", OPERATOR),
    ])
}

fn databases() -> impl Iterator<Item = &'static Service> {
    SERVICES.iter().filter(|service| service.database)
}

/// The files that the overlays use.
pub fn files() -> Vec<String> {
    let mut files: Vec<_> = accounts()
        .map(|(workload, _)| format!("{workload}/nats-seed"))
        .collect();
    for service in SERVICES {
        files.extend(
            service
                .secrets
                .iter()
                .map(|(_, secret)| format!("{}/{secret}-secret", service.name)),
        );
    }
    for service in databases() {
        files.push(format!("{}/mongodb-uri", service.name));
        files.extend(["keyfile", "backup-uri"].map(|name| format!("{}-mongodb/{name}", service.name)));
    }
    files.push(NKEYS.to_owned());
    files.extend(["tls.crt", "tls.key", "ca.crt"].map(|name| format!("{TLS}/{name}")));
    files
}

/// Creates what does not exist yet.
pub fn init(root: &Path) -> anyhow::Result<()> {
    let seed = || KeyPair::new_user().seed().context("cannot generate an nkey");
    let mut nkeys = String::new();
    for (workload, account) in accounts() {
        for (name, variable) in ["nats-seed", "nats-seed.next"]
            .into_iter()
            .zip(variables(account))
        {
            let path = generated_once(&root.join(workload), name, seed)?;
            writeln!(nkeys, "{variable}: {}", public_nkey(&path)?)?;
        }
    }
    // Follows from the seeds.
    fs::remove_file(root.join(NKEYS)).ok();
    generated_once(&root.join("nats-keys"), "nkeys", || Ok(nkeys.clone()))?;
    for service in SERVICES {
        for (_, secret) in service.secrets {
            generated_once(&root.join(service.name), &format!("{secret}-secret"), random)?;
        }
    }
    for service in databases() {
        let name = service.name;
        let database = root.join(format!("{name}-mongodb"));
        generated_once(&database, "keyfile", random)?;
        generated_once(&root.join(name), "mongodb-uri", || uri(name, name))?;
        generated_once(&database, "backup-uri", || uri(name, "backup"))?;
    }
    certificate(&root.join(TLS))
}

/// The replica set of one service.
fn uri(service: &str, user: &str) -> anyhow::Result<String> {
    let host = |member| format!("{service}-mongodb-{member}.{service}-mongodb:27017");
    let hosts: Vec<_> = (0..MEMBERS).map(host).collect();
    let (hosts, password) = (hosts.join(","), random()?);
    Ok(format!(
        "mongodb://{user}:{password}@{hosts}/{service}?replicaSet={service}&authSource=admin"
    ))
}

/// A certificate of an authority whose key is removed. On GKE cert-manager has this task.
fn certificate(folder: &Path) -> anyhow::Result<()> {
    if folder.join("tls.crt").exists() {
        return Ok(());
    }
    crate::paths::private_folder(folder)?;
    let authority = [
        "-subj",
        "/CN=inkstream-nats",
        "-days",
        "3650",
        "-keyout",
        "ca.key",
        "-out",
        "ca.crt",
    ];
    openssl(folder, &authority)?;
    let names = format!("subjectAltName={NATS_NAMES}");
    let server = [
        "-CA", "ca.crt", "-CAkey", "ca.key", "-subj", "/CN=nats", "-days", "825", "-addext", &names,
    ];
    let server = server.into_iter().chain([
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-keyout",
        "tls.key",
        "-out",
        "tls.crt",
    ]);
    openssl(folder, &server.collect::<Vec<_>>())?;
    fs::remove_file(folder.join("ca.key"))?;
    Ok(())
}

fn openssl(folder: &Path, args: &[&str]) -> anyhow::Result<()> {
    let output = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(args)
        .current_dir(folder)
        .output()
        .context("cannot start openssl; on Debian, apt install openssl")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "openssl cannot create a certificate: {errors}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn read(folder: &Path) -> Vec<(PathBuf, String)> {
        let files = files().into_iter().map(|file| folder.join(file));
        files
            .map(|file| (file.clone(), fs::read_to_string(&file).unwrap()))
            .collect()
    }

    #[test]
    fn every_file_is_created_once_and_a_replaced_seed_changes_the_public_keys() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        init(root).unwrap();
        let first = read(root);
        init(root).unwrap();
        assert_eq!(read(root), first);
        let uri = fs::read_to_string(root.join("auth/mongodb-uri")).unwrap();
        assert!(
            uri.ends_with("auth-mongodb-2.auth-mongodb:27017/auth?replicaSet=auth&authSource=admin"),
            "{uri}"
        );

        // The rotation: the next key is used, and then gets a successor.
        let (seed, next) = (root.join("auth/nats-seed"), root.join("auth/nats-seed.next"));
        let next_key = public_nkey(&next).unwrap();
        fs::rename(next, seed).unwrap();
        init(root).unwrap();
        let nkeys = fs::read_to_string(root.join(NKEYS)).unwrap();
        assert!(nkeys.contains(&format!("NKEY_auth: {next_key}\n")), "{nkeys}");
        assert_eq!(nkeys.matches(&next_key).count(), 1, "{nkeys}");
    }
}
