//! Playwright in a real browser, against its own platform: the browser tests, `audit` and `screenshots`.
//!
//! The platform keeps its data in a folder of this run and uses ports that are free, so that the developer's own
//! can run beside it.

use crate::{
    cargo, chromium, demo, exec, node,
    paths::{Paths, private_folder},
    plan::{Durability, Plan},
    ports::Ports,
    process::{exit_code, run_in_foreground},
    progress::Progress,
    signals::Signals,
    state::{self, State},
    supervisor::Supervisor,
    test_folder, tools, up,
};
use anyhow::{Context, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::process::Command;

/// All browsers of a run come from one address, which is not an attack.
const SETTINGS: &[(&str, &str)] = &[("RATE_LIMIT_PER_SECOND", "0"), ("SIGNUPS_PER_ADDRESS", "0")];
const OFFSETS: std::ops::Range<u16> = 1..100;
const OFFSET_STEP: u16 = 100;
/// The one possible port that browsers refuse (WHATWG Fetch, "bad port").
const REFUSED_BY_BROWSERS: u16 = 10_080;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Arguments of Playwright: `--grep profile`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// What Playwright is to do.
#[derive(Debug)]
struct Work {
    /// The arguments of each run.
    runs: Vec<Vec<String>>,
    /// With sample content.
    demo: bool,
    release: bool,
}

/// First the tests that run side by side; then, one after the other, those that stop parts of the platform.
fn test_runs(chosen: &[String]) -> Vec<Vec<String>> {
    let run = |projects: &str| {
        let words = format!("test --pass-with-no-tests {projects}");
        let words = words.split_whitespace().map(str::to_owned);
        words.chain(chosen.iter().cloned()).collect()
    };
    match chosen.iter().any(|arg| arg.starts_with("--project")) {
        true => vec![run("")],
        false => vec![run("--project=journeys --project=pages"), run("--project=alone")],
    }
}

pub async fn tests(paths: &Paths, progress: &Progress, chosen: &[String]) -> anyhow::Result<ExitCode> {
    let work = Work {
        runs: test_runs(chosen),
        demo: false,
        release: false,
    };
    run(paths, progress, work).await
}

pub async fn audit(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    let work = Work {
        runs: vec![with_config("audit.config.ts", args)],
        demo: false,
        release: true,
    };
    run(&paths, &progress, work).await
}

pub async fn screenshots(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    let work = Work {
        runs: vec![with_config("screenshots.config.ts", args)],
        demo: true,
        release: false,
    };
    let code = run(&paths, &progress, work).await?;
    if code == ExitCode::SUCCESS {
        let folder = paths.root.join(".dev/screenshots");
        progress.report(format_args!("the screenshots are in {}", folder.display()));
    }
    Ok(code)
}

fn with_config(config: &str, Args { args }: Args) -> Vec<String> {
    let own = ["test".to_owned(), format!("--config={config}")];
    own.into_iter().chain(args).collect()
}

/// Node, its packages and a browser.
pub async fn requirements(paths: &Paths, progress: &Progress) -> anyhow::Result<PathBuf> {
    node::packages(paths, &paths.e2e(), progress).await?;
    chromium::find(paths, progress).await
}

/// Starts a platform, runs Playwright on it, and removes it.
async fn run(paths: &Paths, progress: &Progress, work: Work) -> anyhow::Result<ExitCode> {
    private_folder(&paths.logs())?;
    let chromium = requirements(paths, progress).await?;
    cargo::build_programs(paths, progress, work.release).await?;
    let home = test_folder::create(paths)?.join("browser");
    let own = paths.with_dev(home.clone());
    private_folder(&own.logs())?;
    let Some(lock) = state::lock(&own)? else {
        bail!("{} is in use", home.display());
    };
    let plan = on_free_ports(Plan {
        mongo: None,
        nats: None,
        durability: Durability::ProcessOnly,
        extra: SETTINGS,
        ..Plan::new(&own, Ports::new(None, 0), work.release)
    })?;
    tools::fetch(paths, &plan.tools(), progress).await?;
    let mut signals = Signals::catch()?;
    let state = State::starting(&own, plan.ports, plan.release);
    let mut supervisor = Supervisor::new(&own, progress, state);
    let started = tokio::select! {
        started = up::start(&plan, progress, &mut supervisor) => started.map(|()| None),
        code = signals.next() => Ok(Some(ExitCode::from(code))),
    };
    let outcome = match started {
        Ok(None) => all_runs(&plan, progress, &work, &chromium, &mut signals).await,
        Ok(Some(interrupted)) => Ok(interrupted),
        Err(error) => Err(error),
    };
    // Killed at once: its data is removed.
    supervisor.stop(async {}).await;
    drop(lock);
    if !matches!(outcome, Ok(ExitCode::SUCCESS)) {
        keep_logs(paths, &own, progress);
    }
    fs::remove_dir_all(home).ok();
    outcome
}

/// The first offset at which every port is free; concurrent runs start the search at different offsets.
fn on_free_ports(mut plan: Plan) -> anyhow::Result<Plan> {
    let first = u16::try_from(std::process::id() % u32::from(OFFSETS.end)).unwrap_or_default();
    let mut failure = None;
    for step in OFFSETS {
        let offset = ((first + step) % OFFSETS.end).max(1) * OFFSET_STEP;
        plan.ports = Ports::new(None, offset);
        match plan.check_ports() {
            Ok(()) if plan.ports.gateway != REFUSED_BY_BROWSERS => return Ok(plan),
            Ok(()) => {}
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| anyhow::anyhow!("no port is free")))
}

/// All of them, even if the first one fails: the results of both are worth knowing.
async fn all_runs(
    plan: &Plan,
    progress: &Progress,
    work: &Work,
    chromium: &Path,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    if work.demo {
        demo::seed(&plan.paths, &plan.ports.url(), progress).await?;
    }
    let mut outcome = ExitCode::SUCCESS;
    for (number, args) in work.runs.iter().enumerate() {
        progress.report(format_args!("playwright {}", args.join(" ")));
        let command = playwright(plan, args, chromium, number + 1);
        let status = run_in_foreground(command, signals).await.context("Playwright")?;
        if !status.success() {
            outcome = exit_code(status);
        }
        if status.code().is_none_or(|code| code > 128) {
            break;
        }
    }
    Ok(outcome)
}

/// Through `exec`, so that neither it nor a browser outlives this process.
fn playwright(plan: &Plan, args: &[String], chromium: &Path, number: usize) -> Command {
    let (paths, e2e) = (&plan.paths, plan.paths.e2e());
    let dev = paths.root.join(".dev");
    let mut command = exec::command(paths, "node");
    command
        .arg(e2e.join("node_modules/@playwright/test/cli.js"))
        .args(args)
        .current_dir(e2e)
        .kill_on_drop(true)
        .env("BASE_URL", plan.ports.url())
        .env("CHROMIUM", chromium)
        .env("INKSTREAM_DEV", &paths.dev)
        .env("INKSTREAM_XTASK", &paths.xtask)
        .env("INKSTREAM_RESULTS", dev.join(format!("browser/run-{number}")))
        .env("INKSTREAM_SCREENSHOTS", dev.join("screenshots"));
    command
}

fn keep_logs(paths: &Paths, own: &Paths, progress: &Progress) {
    let kept = paths.logs().join("browser");
    fs::remove_dir_all(&kept).ok();
    if fs::rename(own.logs(), &kept).is_ok() {
        let results = paths.root.join(".dev/browser");
        progress.report(format_args!(
            "the logs of the services are in {}; traces and screenshots of failures in {}",
            kept.display(),
            results.display()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(args: &[&str]) -> Vec<String> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        test_runs(&args).iter().map(|run| run.join(" ")).collect()
    }

    #[test]
    fn tests_that_stop_parts_of_the_platform_run_after_the_others() {
        let runs = lines(&["write"]);
        assert_eq!(
            runs[0],
            "test --pass-with-no-tests --project=journeys --project=pages write"
        );
        assert_eq!(runs[1], "test --pass-with-no-tests --project=alone write");
    }

    #[test]
    fn a_chosen_project_is_the_only_one() {
        assert_eq!(
            lines(&["--project=pages"]),
            ["test --pass-with-no-tests --project=pages"]
        );
    }
}
