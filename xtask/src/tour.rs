//! `tour`: types the README's tour into a shell, as a newcomer would, and looks at what comes back.

use crate::{places::Places, state};
use anyhow::{Context as _, bail};
use std::{fs, process::ExitCode, process::Stdio};
use tokio::process::Command;

/// Where the README says the platform runs.
const ADDRESS: &str = "http://localhost:8080";

/// What must come back, in this order.
const EXPECTED: &[&str] = &[
    r#""username":"ann""#,
    r#"{"currentUser":{"#,
    r#""slug":"hello-events""#,
    "<em>works</em>",
    r#""username":"bob""#,
    "&lt;script&gt;",
    r#""slug":"hello-whole-world""#,
    "301 /api/query/posts/hello-whole-world",
    "urn:inkstream:problem:version_mismatch",
];

pub async fn run() -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    let Some(state) = state::read(&places) else {
        bail!("the tour wants a running platform: `cargo xtask up --detach` starts one");
    };
    let readme = fs::read_to_string(places.root.join("README.md")).context("there is no README.md")?;
    let script = script(&readme).replace(ADDRESS, &state.url);
    let folder = places.dev().join("tour");
    // Cookies of an earlier tour would be somebody else's.
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", &script])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("there is no bash")?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    if !output.status.success() {
        bail!("a command of the tour failed: {}", output.status);
    }
    if let Some(missing) = first_missing(&said) {
        bail!("the tour did not show `{missing}` in its place; was the platform empty before?");
    }
    println!("the tour of README.md works");
    Ok(ExitCode::SUCCESS)
}

/// The fenced blocks marked `sh tour`, one after the other.
fn script(readme: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```sh tour" => inside = true,
            "```" => inside = false,
            line if inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

fn first_missing(said: &str) -> Option<&'static str> {
    let mut rest = said;
    for expected in EXPECTED {
        let Some((_, after)) = rest.split_once(expected) else {
            return Some(expected);
        };
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_typed() {
        let readme = "```sh tour\none\n```\n```sh\nnot this\n```\n```sh tour\ntwo '\\n```x'\n```\n";
        assert_eq!(script(readme), "one\ntwo '\\n```x'\n");
    }

    #[test]
    fn what_is_missing_or_out_of_order_is_told() {
        assert_eq!(first_missing(&EXPECTED.join(" … ")), None);
        assert_eq!(first_missing("nothing"), Some(EXPECTED[0]));
        let reversed: Vec<&str> = EXPECTED.iter().rev().copied().collect();
        assert!(first_missing(&reversed.join(" ")).is_some());
    }
}
