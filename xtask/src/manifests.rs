//! `manifests`: checks the Kubernetes manifests without a cluster.
//!
//! Each overlay is rendered with `kubectl kustomize` and checked: against the schemas of Kubernetes and of the custom
//! resources (`xtask/manifests`), and by the modules here for what schemas do not see: references between objects, pod
//! security, network policies against what the services dial, routes, settings, metrics.

mod accounts;
mod findings;
mod generated;
mod metrics;
mod network;
mod network_peers;
mod object;
mod pods;
mod references;
mod render;
mod routes;
mod security;
mod settings;
#[cfg(test)]
mod tests;

use crate::{
    paths::Paths,
    progress::Progress,
    tools::{self, CHECKOV, MANIFESTS},
};
use anyhow::{Context, ensure};
use findings::Findings;
use object::Object;
use render::{OVERLAYS, Rendered};
use std::{path::Path, process::ExitCode};
use tokio::process::Command;

/// The version of Kubernetes whose schemas count: the oldest that GKE's regular channel has.
const KUBERNETES: &str = "1.34";
/// Checks of checkov that are not applied, each with its reason.
const NOT_APPLIED: &[(&str, &str)] = &[
    (
        "CKV_K8S_43",
        "digests of images are set by the release, not in the repository",
    ),
    (
        "CKV_K8S_15",
        "tags are never reused, so pulling again would only add a dependency on the registry",
    ),
    (
        "CKV_K8S_40",
        "the images of MongoDB and NATS have users of their own with low ids",
    ),
    (
        "CKV_K8S_8",
        "wrong for jobs; `security` checks the probes of everything else",
    ),
    (
        "CKV_K8S_9",
        "wrong for jobs; `security` checks the probes of everything else",
    ),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the generated files (the accounts of the bus, the gateway of compose.yaml) instead of comparing them
    #[arg(long)]
    write: bool,
    /// Also run checkov, which takes minutes to fetch
    #[arg(long)]
    checkov: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    if args.write {
        generated::write(&paths)?;
        return Ok(ExitCode::SUCCESS);
    }
    tools::fetch(&paths, &[&MANIFESTS], &progress).await?;
    let folder = render::working_copy(&paths)?;
    let mut found = generated::check(&paths)?;
    found.extend(metrics::check(&paths)?);
    let settings = settings::Settings::read(&paths)?;
    let mut files = Vec::new();
    let mut objects = 0;
    for overlay in OVERLAYS {
        let rendered = render::render(&paths, &folder, overlay).await?;
        objects += rendered.objects.len();
        let findings = check(&rendered, &settings);
        found.extend(
            findings
                .into_iter()
                .map(|finding| format!("{}: {finding}", overlay.name)),
        );
        files.push(rendered.file);
    }
    found.extend(routes::check(&paths, &folder).await?);
    found.extend(schemas(&paths, &files).await?);
    if args.checkov {
        tools::fetch(&paths, &[&CHECKOV], &progress).await?;
        checkov(&paths, &folder.rendered()).await?;
    }
    for finding in &found {
        println!("{finding}");
    }
    ensure!(found.is_empty(), "manifests: {} findings", found.len());
    println!(
        "manifests: {} overlays of together {objects} objects are consistent",
        OVERLAYS.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// Every check of one rendered overlay alone.
fn check(rendered: &Rendered, settings: &settings::Settings) -> Findings {
    let objects: &[Object] = &rendered.objects;
    let mut found = references::check(objects);
    found.extend(security::check(objects, rendered.replicated));
    found.extend(network::check(objects));
    found.extend(settings.check(objects));
    found.extend(render::check_values(rendered));
    found
}

async fn schemas(paths: &Paths, files: &[std::path::PathBuf]) -> anyhow::Result<Findings> {
    let scripts = paths.root.join("xtask/manifests");
    let output = Command::new(MANIFESTS.sibling(paths, "python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(scripts.join("validate.py"))
        .arg(KUBERNETES)
        .arg(scripts.join("custom-resources.yaml"))
        .args(files)
        .output()
        .await
        .context("cannot start python")?;
    let (lines, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(
        output.status.success() || !lines.is_empty(),
        "the schemas cannot be checked: {errors}"
    );
    Ok(lines.lines().map(str::to_owned).collect())
}

async fn checkov(paths: &Paths, folder: &Path) -> anyhow::Result<()> {
    let skipped: Vec<_> = NOT_APPLIED.iter().map(|(check, _)| *check).collect();
    let status = Command::new(CHECKOV.program(paths))
        .args([
            "--framework",
            "kubernetes",
            "--skip-download",
            "--compact",
            "--quiet",
            "--directory",
        ])
        .arg(folder)
        .args(["--skip-check", &skipped.join(",")])
        .status()
        .await
        .context("cannot start checkov")?;
    ensure!(status.success(), "checkov has findings");
    Ok(())
}
