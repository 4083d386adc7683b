//! `tour`: runs the commands of README.md in a shell, as a new developer would, and checks their output.

use crate::{paths::Paths, state};
use anyhow::{Context as _, bail};
use std::{fs, process::ExitCode, process::Stdio};
use tokio::process::Command;

/// The address of the platform in the README.
const ADDRESS: &str = "http://localhost:8080";

/// What the output must contain, in this order.
const EXPECTED: &[&str] = &[
    r#""username":"ann""#,
    r#"{"currentUser":{"#,
    r#""slug":"hello-events""#,
    "<em>works</em>",
    r#""username":"bob""#,
    // Its script is removed.
    r#""html":"<p>Nice. </p>"#,
    r#""slug":"hello-whole-world""#,
    "301 /api/query/posts/hello-whole-world",
    "urn:inkstream:problem:version_mismatch",
];

pub async fn run() -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let state = state::expect_running(&paths)?;
    let readme = fs::read_to_string(paths.root.join("README.md")).context("cannot read README.md")?;
    let script = script(&readme).replace(ADDRESS, &state.url);
    let folder = paths.dev.join("tour");
    // The cookies of an earlier tour belong to other sessions.
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", &script])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("cannot run bash")?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    if !output.status.success() {
        bail!("a command of the tour failed: {}", output.status);
    }
    if let Some(missing) = first_missing(&text) {
        bail!(
            "the output of the tour does not contain `{missing}` in its place; was the platform empty before?"
        );
    }
    println!("the tour of README.md works");
    Ok(ExitCode::SUCCESS)
}

/// The fenced blocks marked `sh tour`, one after the other.
fn script(readme: &str) -> String {
    let blocks = readme.split("\n```sh tour\n").skip(1);
    let blocks = blocks.filter_map(|block| Some(block.split_once("\n```\n")?.0));
    blocks.collect::<Vec<_>>().join("\n")
}

fn first_missing(text: &str) -> Option<&'static str> {
    let mut rest = text;
    for expected in EXPECTED {
        match rest.split_once(expected) {
            Some((_, after)) => rest = after,
            None => return Some(expected),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_run() {
        let readme = "#\n```sh tour\none\n```\n```sh\nnot this\n```\n```sh tour\ntwo '\\n```x'\n```\n";
        assert_eq!(script(readme), "one\ntwo '\\n```x'");
    }

    #[test]
    fn output_that_is_missing_or_out_of_order_is_found() {
        assert_eq!(first_missing(&EXPECTED.join(" … ")), None);
        assert_eq!(first_missing("nothing"), Some(EXPECTED[0]));
        let reversed: Vec<&str> = EXPECTED.iter().rev().copied().collect();
        assert!(first_missing(&reversed.join(" ")).is_some());
    }
}
