//! The command line that every service has.

use std::{io::Write as _, process::ExitCode};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use common::{error::chain, event::permissions::PROVISIONING};

use super::{Platform, Service, StartError, Started, platform};
use crate::{
    bus::{Bus, BusSettings, provision},
    config::{PlatformArgs, PlatformSettings},
    http::shutdown_signal,
    telemetry,
};

#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli<S: Service> {
    #[command(flatten)]
    platform: PlatformArgs,
    #[command(flatten)]
    own: S::Settings,
    #[command(subcommand)]
    command: Option<Command<S>>,
}

#[derive(Subcommand)]
enum Command<S: Service> {
    /// Serve the API (the default)
    Serve,
    /// Publish the present state of everything this service owns again, to fill a new or emptied log
    Resync,
    /// Create or update the streams and buckets of the platform, with an account that may
    Provision(ProvisionArgs),
    #[command(flatten)]
    Own(S::Command),
}

#[derive(Args)]
struct ProvisionArgs {
    /// Servers that keep each stream: 1, or 3 in a cluster that shall survive the loss of one
    #[arg(long, env = "STREAM_REPLICAS", default_value_t = 1)]
    replicas: usize,
}

/// Runs the service or the command that the arguments say, and answers the process's exit code: 0, or 1 with one
/// line on standard error, or 2 for arguments that cannot be.
pub async fn main<S: Service>() -> ExitCode {
    let mut command = Cli::<S>::command().name(S::NAME).about(S::ABOUT);
    if !S::OWNS_DATABASE {
        command = without_database(command);
    }
    let cli = match Cli::<S>::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run::<S>(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_error(S::NAME, &error);
            ExitCode::FAILURE
        }
    }
}

/// What asks for a database, or needs one, is not shown.
fn without_database(command: clap::Command) -> clap::Command {
    let settings = ["mongodb_uri", "mongodb_uri_file", "mongodb_database"];
    let command = settings.into_iter().fold(command, |command, name| {
        command.mut_arg(name, |arg| arg.hide(true))
    });
    command.mut_subcommand("resync", |resync| resync.hide(true))
}

async fn run<S: Service>(cli: Cli<S>) -> Result<(), StartError> {
    let settings = cli
        .platform
        .resolve(S::NAME, S::OWNS_DATABASE)
        .map_err(|error| StartError::new("the settings are not complete", error))?;
    let _telemetry = telemetry::init(S::NAME, &settings);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let shutdown = shutdown_signal()
                .map_err(|error| StartError::new("the signals of the process cannot be handled", error))?;
            Started::start::<S>(settings, cli.own, shutdown)
                .await?
                .ended()
                .await
        }
        Command::Resync => {
            let platform = connected::<S>(settings).await?;
            let resynced = S::resync(&platform).await;
            platform.close().await;
            let count = resynced?;
            tell(&format!("{count} events published"));
            Ok(())
        }
        Command::Provision(ProvisionArgs { replicas }) => {
            // An account of its own, since no service may make streams; and no database.
            let bus = Bus::connect(&BusSettings::from(&settings), PROVISIONING)
                .await
                .map_err(|error| StartError::new("the bus cannot be used", error))?;
            platform::connected(&bus).await?;
            let provisioned = provision(bus.jetstream(), replicas).await;
            // What was sent is on its way before the process ends.
            let _ = bus.client().flush().await;
            provisioned.map_err(|error| StartError::new("the bus is not provisioned", error))
        }
        Command::Own(command) => {
            let platform = Platform::open(S::NAME, settings).await?;
            let done = S::command(&platform, cli.own, command).await;
            platform.close().await;
            done
        }
    }
}

async fn connected<S: Service>(settings: PlatformSettings) -> Result<Platform, StartError> {
    let platform = Platform::open(S::NAME, settings).await?;
    platform.bus_connected().await?;
    Ok(platform)
}

/// The result of a command, on standard output.
fn tell(line: &str) {
    // Whoever closed the pipe does not want to know.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn tell_error(service: &str, error: &StartError) {
    let _ = writeln!(std::io::stderr(), "{service}: {}", chain(error));
}
