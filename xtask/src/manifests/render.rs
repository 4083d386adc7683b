//! Renders the overlays in a copy of the manifests, in which each value that a deployment sets has another value than in
//! the repository, and files stand for the secrets.

use super::{findings::Findings, object::Object};
use crate::{paths::Paths, secrets::cluster, tools::MANIFESTS};
use anyhow::{Context, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// A folder with a kustomization, from the root of the repository.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) name: &'static str,
    folder: &'static str,
    /// Whether everything has the replicas of production.
    replicated: bool,
}

pub(super) const INGRESS: Overlay = Overlay {
    name: "ingress-nginx",
    folder: ".",
    replicated: true,
};
pub(super) const GATEWAY: Overlay = Overlay {
    name: "gateway",
    folder: "infra/k8s/overlays/gke-gateway",
    replicated: true,
};
const LOCAL: Overlay = Overlay {
    name: "local",
    folder: "infra/k8s/overlays/local",
    replicated: false,
};
pub(super) const OVERLAYS: [&Overlay; 3] = [&INGRESS, &GATEWAY, &LOCAL];

#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) file: PathBuf,
    pub(super) objects: Vec<Object>,
    pub(super) replicated: bool,
    text: String,
}

/// A copy of the manifests, removed with this value.
#[derive(Debug)]
pub(super) struct WorkingCopy(tempfile::TempDir);

impl WorkingCopy {
    pub(super) fn rendered(&self) -> PathBuf {
        self.0.path().join("rendered")
    }
}

/// The values of `infra/k8s/deployment/deployment.yaml`, and those of the copy.
const VALUES: &[(&str, &str)] = &[
    ("blog.example.com", "site.test"),
    ("my-project-inkstream-backups", "bucket-under-test"),
    (
        "europe-west1-docker.pkg.dev/my-project/inkstream",
        "registry.test/images",
    ),
    ("my-project", "project-under-test"),
    ("0.1.0", "9.9.9"),
    ("admin@example.com", "operator@site.test"),
];
const DEPLOYMENT: &str = "infra/k8s/deployment/deployment.yaml";

pub(super) fn working_copy(paths: &Paths) -> anyhow::Result<WorkingCopy> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    for entry in ["infra/k8s", "kustomization.yaml", "ingress.yaml"] {
        copy(&paths.root.join(entry), &root.join(entry))?;
    }
    let mut deployment = fs::read_to_string(root.join(DEPLOYMENT))?;
    for (value, other) in VALUES {
        ensure!(deployment.contains(value), "{DEPLOYMENT} has no value {value}");
        deployment = deployment.replace(value, other);
    }
    fs::write(root.join(DEPLOYMENT), deployment)?;
    for file in cluster::files() {
        let file = root.join(cluster::FOLDER).join(file);
        fs::create_dir_all(file.parent().context("a file without a folder")?)?;
        fs::write(file, "secret")?;
    }
    fs::create_dir(root.join("rendered"))?;
    Ok(WorkingCopy(folder))
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            // Of this developer's own cluster.
            if name != "secrets" {
                copy(&from.join(&name), &to.join(&name))?;
            }
        }
        return Ok(());
    }
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {}", from.display()))
}

pub(super) async fn render(paths: &Paths, copy: &WorkingCopy, overlay: &Overlay) -> anyhow::Result<Rendered> {
    let output = Command::new(MANIFESTS.program(paths))
        .arg("kustomize")
        .arg(copy.0.path().join(overlay.folder))
        .output()
        .await
        .context("cannot start kubectl")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} does not render: {errors}",
        overlay.folder
    );
    // Deprecated fields, for example.
    ensure!(
        errors.trim().is_empty(),
        "{} renders with warnings: {errors}",
        overlay.folder
    );
    let text = String::from_utf8(output.stdout)?;
    let file = copy.rendered().join(format!("{}.yaml", overlay.name));
    fs::write(&file, &text)?;
    Ok(Rendered {
        file,
        objects: Object::parse(&text).with_context(|| format!("the rendering of {}", overlay.folder))?,
        replicated: overlay.replicated,
        text,
    })
}

/// A value that the deployment replaces must not be left anywhere. The local overlay has no such values.
pub(super) fn check_values(rendered: &Rendered) -> Findings {
    if !rendered.replicated {
        return Findings::new();
    }
    let left = VALUES.iter().filter(|(value, _)| rendered.text.contains(value));
    left.map(|(value, _)| format!("{value} is not replaced by the value of {DEPLOYMENT}"))
        .collect()
}
