//! The browser of the tests: `CHROMIUM` names it, or it is found in the path, or, as root on Debian and its
//! kin, installed. It is the distribution's, never a download of a package's own.

use crate::{
    places::Places,
    progress::{Progress, Step},
};
use anyhow::bail;
use std::{
    env,
    path::{Path, PathBuf},
};
use tokio::process::Command;

const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

pub async fn find(places: &Places, progress: &Progress) -> anyhow::Result<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        let program = PathBuf::from(program);
        if !program.is_file() {
            bail!(
                "CHROMIUM names {}, and there is no such program",
                program.display()
            );
        }
        return Ok(program);
    }
    if let Some(program) = in_path(env::var_os("PATH").as_deref().unwrap_or_default()) {
        return Ok(program);
    }
    let apt = Path::new("/usr/bin/apt-get");
    if rustix::process::geteuid().is_root() && apt.is_file() {
        install(places, apt, progress).await?;
        if let Some(program) = in_path(env::var_os("PATH").as_deref().unwrap_or_default()) {
            return Ok(program);
        }
    }
    bail!(
        "no Chromium: the tests in the browser need one. On Debian, apt install chromium; or set CHROMIUM to its \
         path; or leave those tests out with `cargo xtask test --no-browser`"
    )
}

fn in_path(path: &std::ffi::OsStr) -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(path).collect();
    let candidates = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|program| program.is_file())
}

async fn install(places: &Places, apt: &Path, progress: &Progress) -> anyhow::Result<()> {
    let mut command = Command::new("sh");
    let script = r#""$0" update -qq && "$0" install -y -qq --no-install-recommends chromium"#;
    command
        .args(["-c", script])
        .arg(apt)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let step = Step {
        what: "installing Chromium",
        log: places.log("fetch-chromium"),
        remedy: "Install it by hand, or leave the tests in the browser out with `cargo xtask test --no-browser`",
    };
    progress.step(step, command).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_names_come_before_the_folders() {
        let root = env::temp_dir().join(format!("inkstream-chromium-{}", std::process::id()));
        let (first, second) = (root.join("first"), root.join("second"));
        for folder in [&first, &second] {
            fs::create_dir_all(folder).unwrap();
        }
        let path = env::join_paths([&first, &second]).unwrap();
        assert_eq!(in_path(&path), None);
        fs::write(first.join("google-chrome"), "").unwrap();
        fs::write(second.join("chromium"), "").unwrap();
        assert_eq!(in_path(&path), Some(second.join("chromium")));
        fs::remove_dir_all(root).unwrap();
    }
}
