//! `test`: every test of the workspace, on real servers, with nothing installed but cargo, Python and Node.
//!
//! The tests share one database server, each with its own databases; each starts its own nats-server and, if it
//! kills one, its own database server.

use crate::{
    assets, browser, cargo,
    paths::{Paths, private_folder},
    plan::{Durability, external_server, mongo_uri, mongod},
    ports,
    process::{self, exit_code, run_in_foreground},
    progress::Progress,
    signals::Signals,
    test_folder,
    tools::{self, FEED_READER, MONGOD, NATS_SERVER, NGINX, READERS},
};
use anyhow::bail;
use std::{env, fs, path::PathBuf, process::ExitCode, time::Duration};
use tokio::{process::Child, time};

/// The variable from which nextest reads how many tests run at once.
const THREADS: &str = "NEXTEST_TEST_THREADS";
const DATABASE_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run only the browser tests and pass the arguments to Playwright
    #[arg(long, conflicts_with = "no_browser")]
    browser: bool,
    /// Skip the browser tests, which need Node and Chromium
    #[arg(long)]
    no_browser: bool,
    /// Arguments of `cargo nextest run`, or of `cargo test` where nextest is not installed: names of tests,
    /// `-p posts`, `-E 'test(outbox)'`. With arguments, doc tests and browser tests are skipped
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    private_folder(&paths.logs())?;
    if args.browser {
        return browser::tests(&paths, &progress, &args.args).await;
    }
    let in_browser = !args.no_browser && args.args.is_empty();
    // What is missing is reported before the minutes of building.
    if in_browser {
        browser::requirements(&paths, &progress).await?;
    }
    let programs = [&NATS_SERVER, &MONGOD, &NGINX, &READERS, &FEED_READER];
    tools::fetch(&paths, &programs, &progress).await?;
    assets::build(&paths, &progress).await?;
    // Programs and tests in one build, with the features that the tests are run with.
    cargo::build(
        &paths,
        &progress,
        &["--workspace", "--bins", "--tests", "--all-features"],
    )
    .await?;
    let database = Database::start(&paths).await?;
    let outcome = all_rounds(&args.args, &paths, &database.uri, &progress).await;
    database.stop().await;
    match outcome? {
        ExitCode::SUCCESS if in_browser => browser::tests(&paths, &progress, &[]).await,
        code => Ok(code),
    }
}

async fn all_rounds(
    args: &[String],
    paths: &Paths,
    database: &str,
    progress: &Progress,
) -> anyhow::Result<ExitCode> {
    // From here on this process stays until the database is stopped.
    let mut signals = Signals::catch()?;
    let nextest = cargo::command().args(["nextest", "--version"]).output().await;
    let nextest = nextest.is_ok_and(|output| output.status.success());
    for round in rounds(nextest, args) {
        progress.report(format_args!("cargo {}", round.join(" ")));
        let mut command = cargo::command();
        command
            .args(&round)
            .current_dir(&paths.root)
            .env("MONGODB_URI", database)
            .env("INKSTREAM_NATS_SERVER", NATS_SERVER.program(paths))
            .env("INKSTREAM_MONGOD", MONGOD.program(paths))
            .env("INKSTREAM_NGINX", NGINX.program(paths))
            .env("INKSTREAM_PYTHON", READERS.program(paths))
            .env("INKSTREAM_FEED_READER", FEED_READER.program(paths))
            .env("INKSTREAM_BIN_DIR", paths.programs(false))
            .env_remove("NATS_URL");
        if env::var_os(THREADS).is_none() {
            // Twice as many as the processors, since most tests wait for disks, servers and timers.
            let threads = std::thread::available_parallelism().map_or(1, usize::from) * 2;
            command.env(THREADS, threads.to_string());
        }
        let status = run_in_foreground(command, &mut signals).await?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The cargo commands. nextest runs no doc tests; they come first, so that the summary of the others comes last.
fn rounds(nextest: bool, args: &[String]) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut rounds = Vec::new();
    let mut main = match (nextest, args.is_empty()) {
        (true, true) => {
            rounds.push(words("test --doc --workspace --all-features --quiet"));
            words("nextest run")
        }
        (true, false) => words("nextest run"),
        (false, true) => words("test --no-fail-fast"),
        (false, false) => words("test"),
    };
    // `--workspace` would make cargo ignore a choice of packages.
    let chosen = |arg: &String| arg.starts_with("-p") || arg.starts_with("--package");
    if !args.iter().any(chosen) {
        main.push("--workspace".into());
    }
    if !args.iter().any(|arg| arg.contains("features")) {
        main.push("--all-features".into());
    }
    main.extend(args.iter().cloned());
    rounds.push(main);
    rounds
}

/// The database server of this run, whose storage is removed with it; or an external one.
#[derive(Debug)]
struct Database {
    uri: String,
    own: Option<(Child, PathBuf)>,
}

impl Database {
    async fn start(paths: &Paths) -> anyhow::Result<Self> {
        if let Some(uri) = external_server("MONGODB_URI") {
            return Ok(Self { uri, own: None });
        }
        let storage = test_folder::create(paths)?.join("mongo");
        let address = ports::local(ports::any_free()?);
        let mut spec = mongod(paths, address, &storage, Durability::ProcessOnly);
        spec.name = "test-secantusd".into();
        let log = paths.log(&spec.name);
        fs::remove_file(&log).ok();
        let server = spec.start(paths)?;
        let mut database = Self {
            uri: mongo_uri(address),
            own: None,
        };
        let (server, _) = database.own.insert((server, storage));
        let failure = tokio::select! {
            () = spec.ready.wait() => return Ok(database),
            status = server.wait() => format!("exited ({})", process::describe(status?)),
            () = time::sleep(DATABASE_TIMEOUT) => "does not start".to_owned(),
        };
        database.stop().await;
        bail!("the database server {failure}:\n{}", process::tail(&log, 15))
    }

    async fn stop(self) {
        if let Some((mut server, storage)) = self.own {
            process::kill(&mut server).await;
            fs::remove_dir_all(storage).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(nextest: bool, args: &[&str]) -> Vec<String> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        rounds(nextest, &args)
            .iter()
            .map(|round| round.join(" "))
            .collect()
    }

    #[test]
    fn a_choice_of_packages_is_passed_on_without_the_workspace() {
        let all = lines(true, &[]);
        assert_eq!(all[1], "nextest run --workspace --all-features");
        assert!(all[0].starts_with("test --doc"));
        assert_eq!(
            lines(true, &["-p", "posts"]),
            ["nextest run --all-features -p posts"]
        );
        assert_eq!(
            lines(true, &["outbox"]),
            ["nextest run --workspace --all-features outbox"]
        );
    }

    #[test]
    fn without_nextest_cargo_test_runs_everything_to_the_end() {
        assert_eq!(
            lines(false, &[]),
            ["test --no-fail-fast --workspace --all-features"]
        );
        assert_eq!(
            lines(false, &["outbox"]),
            ["test --workspace --all-features outbox"]
        );
    }
}
