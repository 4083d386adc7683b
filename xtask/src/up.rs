//! `up`: from a fresh checkout to a running platform.
//!
//! It prepares (tools, build) where the developer can see it, and then supervises, in this process or, with
//! `--detach`, in one that stays behind.

mod detach;

use crate::{
    assets, child, demo, part,
    places::{Places, private_folder},
    plan::{Durability, Plan, own_server},
    ports::Ports,
    progress::Progress,
    services::SERVICES,
    signals::Signals,
    state::{self, Lock},
    supervisor::Supervisor,
    tools::{self, Tools, Want},
};
use anyhow::{Context, bail};
use std::{env, fs::File, future::pending, process::ExitCode, process::Stdio};
use tokio::process::Command;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Leave the platform running in the background; `down` stops it
    #[arg(long)]
    detach: bool,
    /// Fill it with sample authors, posts and comments
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
    /// This is the process that stays behind
    #[arg(long, hide = true)]
    in_background: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    private_folder(&places.logs())?;
    if args.in_background {
        rustix::process::setsid().context("cannot leave the terminal")?;
    }
    let Some(lock) = state::lock(&places)? else {
        return already_running(&args, &places, &progress).await;
    };
    let left = state::end_leftovers(&places, &lock);
    if !left.is_empty() {
        progress.say(format_args!(
            "ended what an earlier run had left: {}",
            left.join(", ")
        ));
    }
    let plan = prepare(&args, &places, &progress).await?;
    if args.detach {
        drop(lock);
        return detach::run(&args, &plan, &progress).await;
    }
    supervise(&args, &plan, &progress, lock).await
}

/// A second `up` starts nothing; but sample content it can still bring to the first.
async fn already_running(args: &Args, places: &Places, progress: &Progress) -> anyhow::Result<ExitCode> {
    let state = state::read(places).unwrap_or_default();
    let gateway = state
        .children
        .iter()
        .find(|entry| entry.name == "gateway" && entry.ready);
    if let Some(gateway) = gateway.filter(|_| args.demo) {
        demo::seed(places, gateway.port, progress).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if state.pid == 0 {
        bail!("another `cargo xtask up` is just preparing this checkout; wait for it, or end it with Ctrl-C");
    }
    bail!(
        "Inkstream already runs from this checkout on {} (process {}). `cargo xtask status` shows it, \
         `cargo xtask down` stops it",
        state.url,
        state.pid
    )
}

/// Fetches and builds what is not there yet. In the background all of it is there.
async fn prepare(args: &Args, places: &Places, progress: &Progress) -> anyhow::Result<Plan> {
    let (own_mongo, own_nats) = (own_server("MONGODB_URI"), own_server("NATS_URL"));
    let ports = Ports::new(args.port, args.port_offset);
    let mut plan = Plan {
        places: places.clone(),
        ports,
        tools: Tools::default(),
        own_mongo,
        own_nats,
        release: args.release,
        durability: Durability::Fsync,
        extra: Vec::new(),
    };
    // Before the long steps: there is no use in building for minutes and then finding a port taken.
    plan.check_ports()?;
    let want = Want {
        nats: plan.own_nats.is_none(),
        mongo: plan.own_mongo.is_none(),
        readers: false,
    };
    plan.tools = tools::fetch(places, want, progress).await?;
    if !args.in_background {
        assets::build(places, progress).await?;
        let profile: &[&str] = if args.release { &["--release"] } else { &[] };
        // Not itself: with the features of others it would be built a second time.
        let services = ["--workspace", "--exclude", "xtask", "--bins"];
        build(places, progress, &[&services, profile].concat()).await?;
    }
    Ok(plan)
}

/// Builds; cargo shows its own progress. Where the programs are, [`Places`] knows.
pub async fn build(places: &Places, progress: &Progress, what: &[&str]) -> anyhow::Result<()> {
    progress.say("building");
    let mut cargo = cargo();
    cargo.arg("build").args(what).current_dir(&places.root);
    let mut cargo = cargo
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run cargo")?;
    let mut signals = Signals::catch()?;
    let status = tokio::select! {
        status = cargo.wait() => status?,
        _ = signals.next() => bail!("interrupted while building"),
    };
    if !status.success() {
        bail!("the build failed; cargo's message above says why");
    }
    Ok(())
}

/// The cargo that runs us, without what it has set for us: such variables make build scripts run again.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| own.iter().any(|prefix| name.starts_with(prefix)))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

async fn supervise(args: &Args, plan: &Plan, progress: &Progress, lock: Lock) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::catch()?;
    let mut supervisor = Supervisor::new(plan, progress);
    let outcome = tokio::select! {
        code = signals.next() => Ok(code),
        failed = platform(args, plan, progress, &mut supervisor) => failed.map(|never| match never {}),
    };
    match &outcome {
        Ok(_) => progress.say("stopping (once more to kill)"),
        Err(error) => progress.say(format_args!("stopping: {error:#}")),
    }
    supervisor.stop(async { _ = signals.next().await }).await;
    state::forget(&plan.places);
    drop(lock);
    progress.say("stopped; the data stays in .dev/data");
    match outcome {
        // Being asked to stop is how `up` ends well.
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(_) => Ok(ExitCode::FAILURE),
    }
}

/// Starts all stages and then watches. Comes back only with a failure.
async fn platform(
    args: &Args,
    plan: &Plan,
    progress: &Progress,
    supervisor: &mut Supervisor,
) -> anyhow::Result<std::convert::Infallible> {
    start(plan, progress, supervisor).await?;
    let seeding = async {
        if args.demo {
            seed(plan, progress).await;
        }
        if !args.in_background {
            hint(plan);
        }
        pending::<()>().await;
    };
    tokio::select! {
        failed = supervisor.watch() => failed,
        () = seeding => bail!("the demo ended the platform"),
    }
}

/// Starts all stages, one after the other.
pub async fn start(plan: &Plan, progress: &Progress, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    part::let_all_go(&plan.places);
    let servers = plan.servers()?;
    if !servers.is_empty() {
        progress.say("starting nats-server and the MongoDB-wire server");
        supervisor.start(servers).await?;
    }
    provision(plan, progress).await?;
    progress.say(format_args!("starting {}", service_names()));
    supervisor.start(plan.services()?).await?;
    supervisor.start(vec![plan.gateway()]).await?;
    progress.say(format_args!("ready: {}", plan.url()));
    Ok(())
}

/// A demo that fails is told and harms nothing.
async fn seed(plan: &Plan, progress: &Progress) {
    if let Err(error) = demo::seed(&plan.places, plan.ports.gateway, progress).await {
        progress.say(format_args!("the sample content could not be made: {error:#}"));
    }
}

async fn provision(plan: &Plan, progress: &Progress) -> anyhow::Result<()> {
    progress.say("provisioning streams and buckets");
    let ((program, settings), log) = (plan.provisioning()?, plan.places.log("provision"));
    let out = File::create(&log)?;
    let mut command = Command::new(&program);
    command
        .arg("provision")
        .envs(settings)
        .current_dir(&plan.places.root);
    command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .kill_on_drop(true);
    let status = command
        .status()
        .await
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        let (how, tail) = (child::how_it_ended(status), child::tail(&log, 15));
        bail!(
            "provisioning failed ({how}). Its log ends with:\n{tail}  ({})",
            log.display()
        );
    }
    Ok(())
}

fn hint(plan: &Plan) {
    let url = plan.url();
    println!(
        "\n  Inkstream runs on {url}\n\n    \
         curl {url}/api/query/posts         the posts, as readers see them\n    \
         cargo xtask status                 what runs, and where\n    \
         cargo xtask logs -f                what the services say\n    \
         cargo xtask up --demo              sample authors, posts and comments\n    \
         Ctrl-C or cargo xtask down         stop; the data stays in .dev/data\n"
    );
}

fn service_names() -> String {
    SERVICES
        .iter()
        .map(|service| service.name)
        .collect::<Vec<_>>()
        .join(", ")
}
