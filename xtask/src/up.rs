//! `up`: from a fresh checkout to a running platform.
//!
//! It prepares (tools, build) where the developer can see it, and then supervises, in this process or, with
//! `--detach`, in one that stays in the background.

mod detach;

use crate::{
    cargo, demo,
    paths::{Paths, private_folder},
    plan::Plan,
    ports::Ports,
    process,
    progress::Progress,
    restart, services,
    signals::Signals,
    state::{self, Lock, State},
    supervisor::Supervisor,
    tools,
};
use anyhow::{Context, bail};
use std::{fs::File, process::ExitCode, process::Stdio};
use tokio::process::Command;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Leave the platform running in the background; `down` stops it
    #[arg(long)]
    detach: bool,
    /// Create sample authors, posts and comments
    #[arg(long)]
    demo: bool,
    /// Build and run with optimisations
    #[arg(long)]
    release: bool,
    /// The port of the gateway [default: 8080]
    #[arg(long)]
    port: Option<u16>,
    /// Move every port by this much, to run two checkouts side by side
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    port_offset: u16,
    /// This is the background process
    #[arg(long, hide = true)]
    in_background: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    private_folder(&paths.logs())?;
    if args.in_background {
        rustix::process::setsid().context("cannot leave the terminal")?;
    }
    let Some(lock) = state::lock(&paths)? else {
        return already_running(&args, &paths, &progress).await;
    };
    let left = lock.end_leftovers().await;
    if !left.is_empty() {
        let left = left.join(", ");
        progress.report(format_args!(
            "ended processes that an earlier run had left: {left}"
        ));
    }
    let ports = Ports::new(args.port, args.port_offset);
    let state = State::starting(&paths, ports, args.release);
    lock.write(&state)?;
    let plan = Plan::new(&paths, ports, args.release);
    prepare(&args, &plan, &progress).await?;
    if args.detach {
        drop(lock);
        detach::start(&plan).await?;
        if args.demo {
            seed(&plan, &progress).await;
        }
        print_hints(&plan);
        return Ok(ExitCode::SUCCESS);
    }
    supervise(&args, &plan, &progress, state, lock).await
}

/// A second `up` starts nothing; but it can create the sample content.
async fn already_running(args: &Args, paths: &Paths, progress: &Progress) -> anyhow::Result<ExitCode> {
    let Some((state, _)) = state::running(paths) else {
        bail!("another `cargo xtask up` of this checkout starts or ends at this moment; try again");
    };
    if args.demo && state.phase == state::Phase::Ready {
        demo::seed(paths, &state.url, progress).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let State { url, pid, .. } = state;
    bail!(
        "Inkstream already runs from this checkout on {url} (process {pid}). `cargo xtask status` shows it, \
         `cargo xtask down` stops it"
    )
}

/// Fetches and builds what is missing. The background process finds everything present.
async fn prepare(args: &Args, plan: &Plan, progress: &Progress) -> anyhow::Result<()> {
    // Before the long steps: a port that is in use should not be found after minutes of building.
    plan.check_ports()?;
    tools::fetch(&plan.paths, &plan.tools(), progress).await?;
    if !args.in_background {
        cargo::build_programs(&plan.paths, progress, args.release).await?;
    }
    Ok(())
}

async fn supervise(
    args: &Args,
    plan: &Plan,
    progress: &Progress,
    state: State,
    lock: Lock,
) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::catch()?;
    let mut supervisor = Supervisor::new(&plan.paths, progress, state);
    let run = async {
        start(plan, progress, &mut supervisor).await?;
        if args.demo {
            seed(plan, progress).await;
        }
        if !args.in_background {
            print_hints(plan);
        }
        std::future::pending::<anyhow::Result<u8>>().await
    };
    let outcome = tokio::select! {
        code = signals.next() => Ok(code),
        failed = run => failed,
    };
    match &outcome {
        Ok(_) => progress.report("stopping (press Ctrl-C again to kill)"),
        Err(error) => progress.report(format_args!("stopping: {error:#}")),
    }
    supervisor.stop(async { _ = signals.next().await }).await;
    drop(lock);
    progress.report("stopped; the data stays in .dev/data");
    // A signal is the normal end of `up`.
    Ok(if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Starts all stages, one after the other.
pub async fn start(plan: &Plan, progress: &Progress, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    restart::clear(&plan.paths);
    let servers = plan.servers()?;
    if !servers.is_empty() {
        progress.report("starting nats-server and the MongoDB-wire server");
        supervisor.start(servers).await?;
    }
    provision(plan, progress).await?;
    progress.report(format_args!("starting {}", services::names()));
    supervisor.start(plan.services()?).await?;
    supervisor.start(vec![plan.gateway()?]).await?;
    supervisor.ready();
    progress.report(format_args!("ready: {}", plan.ports.url()));
    Ok(())
}

/// Sample content that cannot be created is reported; the platform goes on.
async fn seed(plan: &Plan, progress: &Progress) {
    if let Err(error) = demo::seed(&plan.paths, &plan.ports.url(), progress).await {
        progress.report(format_args!("cannot create the sample content: {error:#}"));
    }
}

async fn provision(plan: &Plan, progress: &Progress) -> anyhow::Result<()> {
    progress.report("provisioning streams and buckets");
    let ((program, settings), log) = (plan.provisioning()?, plan.paths.log("provision"));
    let output = File::create(&log)?;
    let mut command = Command::new(&program);
    let status = command
        .arg("provision")
        .envs(settings)
        .current_dir(&plan.paths.root)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        let (how, tail) = (process::describe(status), process::tail(&log, 15));
        bail!("provisioning failed ({how}). Its log ends with:\n{tail}");
    }
    Ok(())
}

fn print_hints(plan: &Plan) {
    let url = plan.ports.url();
    println!(
        "\n  Inkstream runs on {url}\n\n    \
         curl {url}/api/query/posts         the posts, as readers see them\n    \
         cargo xtask status                 what runs, and on which port\n    \
         cargo xtask logs -f                the logs of all services\n    \
         cargo xtask up --demo              sample authors, posts and comments\n    \
         Ctrl-C or cargo xtask down         stop; the data stays in .dev/data\n"
    );
}
