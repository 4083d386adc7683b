//! The tests in a real browser: Playwright, against a platform of their own.
//!
//! The platform keeps its things in a folder of this run and listens on ports that nobody has, so that the
//! developer's own may go on running beside it.

use crate::{
    assets, chromium, demo, node,
    places::{Places, private_folder},
    plan::{Durability, Plan},
    ports::Ports,
    progress::Progress,
    signals::Signals,
    state,
    supervisor::Supervisor,
    test::{exit_code, remove_runs_of_the_dead, watch},
    tools::{self, Want},
    up,
};
use anyhow::{Context, bail};
use std::{
    fs,
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::process::Command;

/// Every browser of a run comes from one address, which is none of an attacker.
const SETTINGS: &[(&str, &str)] = &[("RATE_LIMIT_PER_SECOND", "0"), ("SIGNUPS_PER_ADDRESS", "0")];
const OFFSETS: std::ops::Range<u16> = 1..100;
const OFFSET_STEP: u16 = 100;
/// The one port of those that come about so which browsers refuse (WHATWG Fetch, "bad port").
const REFUSED_BY_BROWSERS: u16 = 10_080;

/// What Playwright is to do.
#[derive(Debug)]
pub struct Work {
    /// Its arguments, run by run.
    runs: Vec<Vec<String>>,
    /// With sample content.
    demo: bool,
}

impl Work {
    /// First what can run side by side; then, one after the other, what stops parts of the platform or measures.
    pub fn tests(chosen: &[String]) -> Self {
        let run = |projects: &[&str]| {
            let mut args = vec!["test".to_owned(), "--pass-with-no-tests".to_owned()];
            args.extend(projects.iter().map(|project| format!("--project={project}")));
            args.extend(chosen.iter().cloned());
            args
        };
        let all_of_one_project = chosen.iter().any(|arg| arg.starts_with("--project"));
        let runs = match all_of_one_project {
            true => vec![run(&[])],
            false => vec![run(&["journeys", "pages"]), run(&["alone"])],
        };
        Self { runs, demo: false }
    }

    /// Pictures of every page, for people to look at.
    pub fn screenshots(chosen: &[String]) -> Self {
        let mut run: Vec<_> = ["test", "--config=screenshots.config.ts"]
            .map(String::from)
            .into();
        run.extend(chosen.iter().cloned());
        Self {
            runs: vec![run],
            demo: true,
        }
    }
}

fn folder(places: &Places) -> PathBuf {
    places.root.join("web").join("e2e")
}

/// Node, its packages and a browser.
pub async fn needs(places: &Places, progress: &Progress) -> anyhow::Result<PathBuf> {
    node::packages(places, &folder(places), progress).await?;
    chromium::find(places, progress).await
}

/// What the platform runs, as `up` builds it.
pub async fn build(places: &Places, progress: &Progress) -> anyhow::Result<()> {
    assets::build(places, progress).await?;
    let services = ["--workspace", "--exclude", "xtask", "--bins"];
    up::build(places, progress, &services).await
}

/// Starts a platform, lets Playwright work on it, and takes it away.
pub async fn run(places: &Places, progress: &Progress, work: Work) -> anyhow::Result<ExitCode> {
    let chromium = needs(places, progress).await?;
    let want = Want {
        nats: true,
        mongo: true,
        readers: false,
    };
    let tools = tools::fetch(places, want, progress).await?;
    let runs = places.test_runs();
    private_folder(&runs)?;
    remove_runs_of_the_dead(&runs);
    let home = runs.join(std::process::id().to_string());
    let own = places.keeping_in(home.clone());
    private_folder(&own.logs())?;
    let Some(lock) = state::lock(&own)? else {
        bail!("{} is in use", home.display());
    };
    let plan = Plan {
        places: own.clone(),
        ports: Ports::new(None, 0),
        tools,
        own_mongo: None,
        own_nats: None,
        release: false,
        durability: Durability::ProcessOnly,
        extra: SETTINGS.to_vec(),
    };
    let plan = on_free_ports(plan)?;
    let mut signals = Signals::catch()?;
    let mut supervisor = Supervisor::new(&plan, progress);
    let outcome = on_platform(&plan, progress, &work, &chromium, &mut supervisor, &mut signals).await;
    // Nothing in it is wanted any more.
    supervisor.stop(async {}).await;
    drop(lock);
    if !matches!(outcome, Ok(ExitCode::SUCCESS)) {
        keep_logs(places, &own, progress);
    }
    fs::remove_dir_all(home).ok();
    outcome
}

/// The first offset at which every port is free; whoever runs at the same time begins elsewhere.
fn on_free_ports(mut plan: Plan) -> anyhow::Result<Plan> {
    let first = u16::try_from(std::process::id() % u32::from(OFFSETS.end)).unwrap_or_default();
    let mut last = None;
    for step in OFFSETS {
        let offset = ((first + step) % OFFSETS.end).max(1) * OFFSET_STEP;
        plan.ports = Ports::new(None, offset);
        if plan.ports.gateway == REFUSED_BY_BROWSERS {
            continue;
        }
        match plan.check_ports() {
            Ok(()) => return Ok(plan),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no port is free")))
}

async fn on_platform(
    plan: &Plan,
    progress: &Progress,
    work: &Work,
    chromium: &Path,
    supervisor: &mut Supervisor,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    tokio::select! {
        started = up::start(plan, progress, supervisor) => started?,
        code = signals.next() => return Ok(ExitCode::from(code)),
    }
    let mut outcome = ExitCode::SUCCESS;
    tokio::select! {
        failed = supervisor.watch() => failed.map(|never| match never {})?,
        done = all_runs(plan, progress, work, chromium, signals) => outcome = done?,
    }
    Ok(outcome)
}

/// All of them, also when the first one fails: what it says and what the others say is both worth knowing.
async fn all_runs(
    plan: &Plan,
    progress: &Progress,
    work: &Work,
    chromium: &Path,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    if work.demo {
        demo::seed(&plan.places, plan.ports.gateway, progress).await?;
    }
    let mut outcome = ExitCode::SUCCESS;
    for (number, args) in work.runs.iter().enumerate() {
        progress.say(format_args!("playwright {}", args.join(" ")));
        let terminal = stdin().is_terminal();
        let mut command = playwright(plan, args, chromium, number);
        if !terminal {
            command.process_group(0);
        }
        let tests = command.spawn().context("cannot start node")?;
        let status = watch(tests, signals, terminal).await?;
        if !status.success() {
            outcome = exit_code(status);
        }
        if status.code().is_none_or(|code| code > 128) {
            break;
        }
    }
    Ok(outcome)
}

/// Through `exec`, so that neither it nor a browser outlives us.
fn playwright(plan: &Plan, args: &[String], chromium: &Path, number: usize) -> Command {
    let (places, e2e) = (&plan.places, folder(&plan.places));
    let mut command = Command::new(&places.xtask);
    command
        .arg("exec")
        .arg("--parent")
        .arg(std::process::id().to_string())
        .args(["--", "node"])
        .arg(e2e.join("node_modules/@playwright/test/cli.js"))
        .args(args)
        .current_dir(e2e)
        .kill_on_drop(true);
    let results = places.root.join(".dev").join("browser");
    command
        .env("BASE_URL", plan.url())
        .env("CHROMIUM", chromium)
        .env("INKSTREAM_DEV", places.dev())
        .env("INKSTREAM_XTASK", &places.xtask)
        .env("INKSTREAM_RESULTS", results.join(format!("run-{}", number + 1)))
        .env(
            "INKSTREAM_SCREENSHOTS",
            places.root.join(".dev").join("screenshots"),
        );
    command
}

fn keep_logs(places: &Places, own: &Places, progress: &Progress) {
    let kept = places.logs().join("browser");
    fs::remove_dir_all(&kept).ok();
    if fs::rename(own.logs(), &kept).is_ok() {
        let results = places.root.join(".dev").join("browser");
        progress.say(format_args!(
            "what the services said stays in {}; traces and pictures of failures in {}",
            kept.display(),
            results.display()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(args: &[&str]) -> Vec<String> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        Work::tests(&args).runs.iter().map(|run| run.join(" ")).collect()
    }

    #[test]
    fn what_measures_or_stops_parts_runs_after_the_others_and_alone() {
        let runs = runs(&["write"]);
        assert_eq!(
            runs[0],
            "test --pass-with-no-tests --project=journeys --project=pages write"
        );
        assert_eq!(runs[1], "test --pass-with-no-tests --project=alone write");
    }

    #[test]
    fn a_chosen_project_is_the_only_one() {
        assert_eq!(
            runs(&["--project=pages"]),
            ["test --pass-with-no-tests --project=pages"]
        );
    }
}
