//! `logs`: the output of the platform's processes, from their files in `.dev/logs`.

use crate::paths::Paths;
use anyhow::{Context, bail};
use std::{fs, process::ExitCode};
use tokio::process::{Child, Command};

/// `tail -F` also follows a log that the next start of the process replaces.
const SCRIPT: &str =
    r#"tail -n "$LINES" $FOLLOW "$LOG" 2>/dev/null | awk '{ print ENVIRON["LABEL"] $0; fflush() }'"#;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service (or nats-server, secantusd, gateway, provision, up); all if omitted
    service: Option<String>,
    /// Continue with lines as they are added
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines to show first, for each log
    #[arg(short = 'n', long, default_value_t = 100)]
    lines: usize,
}

pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let names = names(&paths);
    let wanted = match &args.service {
        Some(name) if names.contains(name) => vec![name.clone()],
        Some(name) => bail!("there is no log {name:?}; there are: {}", names.join(", ")),
        None => names
            .into_iter()
            .filter(|name| !name.starts_with("fetch-"))
            .collect(),
    };
    if wanted.is_empty() {
        bail!("there are no logs yet; `cargo xtask up` writes them");
    }
    let width = wanted.iter().map(String::len).max().unwrap_or_default();
    let mut tails = Vec::new();
    for name in &wanted {
        let label = if args.service.is_some() {
            String::new()
        } else {
            format!("{name:<width$} | ")
        };
        let mut tail = tail(&paths, name, &label, args)?;
        if args.follow {
            tails.push(tail);
        } else {
            tail.wait().await?;
        }
    }
    for mut tail in tails {
        tail.wait().await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn names(paths: &Paths) -> Vec<String> {
    let files = fs::read_dir(paths.logs()).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".log")?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn tail(paths: &Paths, name: &str, label: &str, args: &Args) -> anyhow::Result<Child> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", SCRIPT])
        .env("LOG", paths.log(name))
        .env("LABEL", label);
    shell.env("LINES", args.lines.to_string());
    shell.env("FOLLOW", if args.follow { "-F" } else { "" });
    shell.spawn().context("cannot run sh")
}
