//! `test`: every test of the workspace, on real servers, with nothing installed but cargo and Python.
//!
//! The tests share one database server, each with databases of its own; each starts a nats-server for itself
//! and, where it kills one, a database server too.

use crate::{
    assets,
    browser::{self, Work},
    child::{self, Spec},
    places::{Places, private_folder},
    plan::{Durability, mongo_uri, mongod, own_server},
    ports,
    progress::Progress,
    signals::Signals,
    tools::{self, Tools, Want},
    up::{build, cargo},
};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process, kill_process_group};
use std::{
    env, fs,
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus},
    time::Duration,
};
use tokio::{process::Child, time};

/// Where nextest reads how many tests run at once.
const THREADS: &str = "NEXTEST_TEST_THREADS";
const DATABASE_DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the tests in the browser; what follows is then passed on to Playwright
    #[arg(long, conflicts_with = "no_browser")]
    browser: bool,
    /// Without the tests in the browser, for which Node and Chromium are needed
    #[arg(long)]
    no_browser: bool,
    /// Passed on to `cargo nextest run`, or to `cargo test` where nextest is not installed: names of tests,
    /// `-p posts`, `-E 'test(outbox)'`. With any, doc tests and those in the browser are left out
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    private_folder(&places.logs())?;
    if args.browser {
        browser::build(&places, &progress).await?;
        return browser::run(&places, &progress, Work::tests(&args.args)).await;
    }
    let in_browser = !args.no_browser && args.args.is_empty();
    // What is missing is told before the minutes of building, not after them.
    if in_browser {
        browser::needs(&places, &progress).await?;
    }
    let tools = tools::fetch(
        &places,
        Want {
            nats: true,
            mongo: true,
            readers: true,
        },
        &progress,
    )
    .await?;
    assets::build(&places, &progress).await?;
    // With the tests and as they are run, so that programs and tests come from one build.
    build(
        &places,
        &progress,
        &["--workspace", "--bins", "--tests", "--all-features"],
    )
    .await?;
    let database = Database::start(&places, &tools).await?;
    let outcome = all(&args, &places, &tools, &database.uri, &progress).await;
    database.stop().await;
    match outcome? {
        ExitCode::SUCCESS if in_browser => browser::run(&places, &progress, Work::tests(&[])).await,
        code => Ok(code),
    }
}

async fn all(
    args: &Args,
    places: &Places,
    tools: &Tools,
    uri: &str,
    progress: &Progress,
) -> anyhow::Result<ExitCode> {
    // From here on a signal does not end us: we stay to stop the database.
    let (mut signals, terminal) = (Signals::catch()?, stdin().is_terminal());
    let nextest = cargo().args(["nextest", "--version"]).output().await;
    let nextest = nextest.is_ok_and(|output| output.status.success());
    let mut rounds = vec![main_round(nextest, &args.args)];
    // `cargo test` with no target chosen runs the doc tests by itself. Before the others, so that the summary of
    // those comes last.
    if args.args.is_empty() && nextest {
        let doc = ["test", "--doc", "--workspace", "--all-features", "--quiet"];
        rounds.insert(0, doc.map(String::from).to_vec());
    }
    for round in rounds {
        progress.say(format_args!("cargo {}", round.join(" ")));
        let mut cargo = cargo();
        cargo
            .args(&round)
            .current_dir(&places.root)
            .env("MONGODB_URI", uri);
        cargo
            .env("INKSTREAM_NATS_SERVER", &tools.nats_server)
            .env("INKSTREAM_MONGOD", &tools.mongod)
            .env("INKSTREAM_PYTHON", &tools.python)
            .env("INKSTREAM_BIN_DIR", places.programs(false))
            .env_remove("NATS_URL");
        if env::var_os(THREADS).is_none() {
            cargo.env(THREADS, threads().to_string());
        }
        // In a terminal the tests stay in its foreground, in our group.
        if !terminal {
            cargo.process_group(0);
        }
        let tests = cargo.spawn().context("cannot run cargo")?;
        let status = watch(tests, &mut signals, terminal).await?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Twice as many tests at once as can run, since most of them wait for disks, servers and timers.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) * 2
}

/// `--workspace` would make cargo ignore a choice of packages.
fn main_round(nextest: bool, args: &[String]) -> Vec<String> {
    let mut round: Vec<String> = if nextest {
        vec!["nextest".into(), "run".into()]
    } else {
        vec!["test".into()]
    };
    let chosen = args
        .iter()
        .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    if !chosen {
        round.push("--workspace".into());
    }
    // What `common` has for tests stands behind a feature.
    if !args.iter().any(|arg| arg.contains("features")) {
        round.push("--all-features".into());
    }
    if !nextest && args.is_empty() {
        round.push("--no-fail-fast".into());
    }
    round.extend(args.iter().cloned());
    round
}

/// Waits for the tests, passing on what ends us. In a terminal a Ctrl-C reaches them by itself, and a second
/// one would mean more than the developer has said.
pub async fn watch(mut tests: Child, signals: &mut Signals, terminal: bool) -> anyhow::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = tests.wait() => return Ok(status?),
            code = signals.next() => {
                let Some(pid) = tests.id().and_then(child::pid) else { continue };
                match (terminal, code) {
                    (true, 130) => {}
                    (true, _) => drop(kill_process(pid, Signal::TERM)),
                    // `cargo test` ends at a signal and leaves the tests to themselves.
                    (false, 130) => drop(kill_process_group(pid, Signal::INT)),
                    (false, _) => drop(kill_process_group(pid, Signal::TERM)),
                }
            }
        }
    }
}

pub fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The database server of this run, with storage that goes with it.
#[derive(Debug)]
struct Database {
    uri: String,
    ours: Option<(Child, PathBuf)>,
}

impl Database {
    async fn start(places: &Places, tools: &Tools) -> anyhow::Result<Self> {
        if let Some(uri) = own_server("MONGODB_URI") {
            return Ok(Self { uri, ours: None });
        }
        let runs = places.test_runs();
        private_folder(&runs)?;
        remove_runs_of_the_dead(&runs);
        let storage = runs.join(std::process::id().to_string());
        let (port, log) = (ports::any_free()?, places.log("test-secantusd"));
        fs::remove_file(&log).ok();
        let spec = mongod(&tools.mongod, port, &storage, Durability::ProcessOnly);
        let mut server = spec.start(places, &log)?;
        if let Err(error) = ready(&spec, &mut server, &log).await {
            child::kill(&mut server).await;
            fs::remove_dir_all(&storage).ok();
            return Err(error);
        }
        Ok(Self {
            uri: mongo_uri(port),
            ours: Some((server, storage)),
        })
    }

    async fn stop(self) {
        if let Some((mut server, storage)) = self.ours {
            // Nothing in it is wanted any more.
            child::kill(&mut server).await;
            fs::remove_dir_all(storage).ok();
        }
    }
}

async fn ready(spec: &Spec, server: &mut Child, log: &Path) -> anyhow::Result<()> {
    let tail = || child::tail(log, 15);
    tokio::select! {
        () = spec.ready.wait() => Ok(()),
        status = server.wait() => {
            bail!("the database server ended while starting ({}):\n{}", child::how_it_ended(status?), tail())
        }
        () = time::sleep(DATABASE_DEADLINE) => bail!("the database server does not start:\n{}", tail()),
    }
}

/// A run that was killed with -9 leaves its storage behind.
pub fn remove_runs_of_the_dead(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
            .and_then(child::pid);
        if id.is_some_and(|id| rustix::process::test_kill_process(id).is_err()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(nextest: bool, args: &[&str]) -> String {
        main_round(
            nextest,
            &args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>(),
        )
        .join(" ")
    }

    #[test]
    fn a_choice_of_packages_is_not_drowned_by_the_workspace() {
        assert_eq!(round(true, &[]), "nextest run --workspace --all-features");
        assert_eq!(
            round(true, &["-p", "posts"]),
            "nextest run --all-features -p posts"
        );
        assert_eq!(
            round(true, &["outbox"]),
            "nextest run --workspace --all-features outbox"
        );
    }

    #[test]
    fn without_nextest_cargo_test_runs_everything_to_the_end() {
        assert_eq!(
            round(false, &[]),
            "test --workspace --all-features --no-fail-fast"
        );
        assert_eq!(
            round(false, &["outbox"]),
            "test --workspace --all-features outbox"
        );
    }
}
