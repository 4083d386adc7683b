//! `logs`: the output of the platform's processes, from their files in `.dev/logs`.

use crate::paths::Paths;
use anyhow::{Context, bail};
use std::{
    fs,
    io::{self, Write, stdout},
    process::{ExitCode, Stdio},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::mpsc,
};

/// `tail` waits while this many lines are not printed yet.
const LINES_AHEAD: usize = 256;

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
        let label = match args.service {
            Some(_) => String::new(),
            None => format!("{name:<width$} | "),
        };
        tails.push((label, tail(&paths, name, args)?));
    }
    let printed = if args.follow {
        print_as_they_come(tails).await
    } else {
        print_in_order(tails).await
    };
    match printed {
        // `cargo xtask logs | head` is not an error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        printed => Ok(printed.map(|()| ExitCode::SUCCESS)?),
    }
}

fn names(paths: &Paths) -> Vec<String> {
    let files = fs::read_dir(paths.logs()).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".log")?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// `tail` also follows a log that the next start of the process replaces.
fn tail(paths: &Paths, name: &str, args: &Args) -> anyhow::Result<(Child, BufReader<ChildStdout>)> {
    let mut tail = Command::new("tail");
    tail.arg("-n")
        .arg(args.lines.to_string())
        .args(args.follow.then_some("-F"));
    tail.arg(paths.log(name))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = tail.kill_on_drop(true).spawn().context("cannot run tail")?;
    let output = child.stdout.take().context("tail has no output")?;
    Ok((child, BufReader::new(output)))
}

type Tails = Vec<(String, (Child, BufReader<ChildStdout>))>;

async fn print_in_order(tails: Tails) -> io::Result<()> {
    for (label, (_child, mut output)) in tails {
        while let Some(line) = next_line(&mut output).await? {
            writeln!(stdout(), "{label}{line}")?;
        }
    }
    Ok(())
}

async fn print_as_they_come(tails: Tails) -> io::Result<()> {
    let (sender, mut lines) = mpsc::channel(LINES_AHEAD);
    for (label, (child, mut output)) in tails {
        let sender = sender.clone();
        tokio::spawn(async move {
            let _child = child;
            while let Ok(Some(line)) = next_line(&mut output).await {
                sender.send(format!("{label}{line}")).await.ok();
            }
        });
    }
    drop(sender);
    while let Some(line) = lines.recv().await {
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}

async fn next_line(output: &mut BufReader<ChildStdout>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    output.read_until(b'\n', &mut line).await?;
    let text = String::from_utf8_lossy(&line);
    Ok((!line.is_empty()).then(|| text.trim_end_matches('\n').to_owned()))
}
