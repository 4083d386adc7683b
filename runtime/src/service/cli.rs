//! The command line that every service has.

use std::{io::Write as _, process::ExitCode};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use common::{error::chain, event::permissions::PROVISIONING};

use super::{Service, StartError, context};
use crate::{
    bus::{Bus, BusSettings, Replicas, provision},
    config::{PlatformArgs, PlatformSettings},
    http::shutdown_signal,
    telemetry,
};

#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli<O: Args, C: Subcommand> {
    #[command(flatten)]
    platform: PlatformArgs,
    #[command(flatten)]
    own: O,
    #[command(subcommand)]
    command: Option<Command<C>>,
}

#[derive(Subcommand)]
enum Command<C: Subcommand> {
    /// Serve the API (the default)
    Serve,
    /// Republish the current state of everything this service owns, to fill a new or emptied log
    Resync,
    /// Create or update the platform's streams and buckets, with an account that may
    Provision(ProvisionArgs),
    #[command(flatten)]
    Own(C),
}

#[derive(Args)]
struct ProvisionArgs {
    /// Replicas of each stream: 1, or 3 in a cluster that is to survive the loss of one server; existing streams never
    /// get fewer [default: as they are, and 1 for a new stream]
    #[arg(long, env = "STREAM_REPLICAS")]
    replicas: Option<usize>,

    /// Lower the replicas of existing streams to --replicas
    #[arg(long, requires = "replicas")]
    allow_fewer_replicas: bool,
}

impl<S, O, C> Service<S, O, C>
where
    S: Clone + Send + Sync + 'static,
    O: Args + Clone + Send + 'static,
    C: Subcommand + Send + 'static,
{
    /// Runs the service, or the command in the arguments, and returns the exit code of the process: 0; 1 with one line on
    /// standard error; or 2 for invalid arguments.
    pub async fn main(self) -> ExitCode {
        let mut command = Cli::<O, C>::command().name(self.name).about(self.about);
        if !self.has_database {
            command = without_database(command);
        }
        let cli = match Cli::<O, C>::from_arg_matches(&command.get_matches()) {
            Ok(cli) => cli,
            Err(error) => error.exit(),
        };
        let name = self.name;
        match self.run(cli).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                print_error(name, &error);
                ExitCode::FAILURE
            }
        }
    }

    async fn run(self, cli: Cli<O, C>) -> Result<(), StartError> {
        let settings = cli
            .platform
            .resolve(self.name, self.has_database)
            .map_err(|error| StartError::new("the settings are not complete", error))?;
        let _telemetry = telemetry::init(self.name, &settings);
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => {
                let shutdown = shutdown_signal().map_err(|error| {
                    StartError::new("the signals of the process cannot be handled", error)
                })?;
                self.start(settings, cli.own, shutdown).await?.ended().await
            }
            Command::Resync => {
                let context = self.open(settings).await?;
                context.bus_connected().await?;
                let resynced = self.resync(&context).await;
                context.close().await;
                print_line(&format!("{} events published", resynced?));
                Ok(())
            }
            Command::Provision(args) => {
                let replicas = Replicas {
                    wanted: args.replicas,
                    may_lower: args.allow_fewer_replicas,
                };
                provision_bus(&settings, replicas).await
            }
            Command::Own(command) => {
                let context = self.open(settings).await?;
                let done = self.execute(context.clone(), cli.own, command).await;
                context.close().await;
                done
            }
        }
    }
}

/// Hides what only services with a database have.
fn without_database(command: clap::Command) -> clap::Command {
    let settings = ["mongodb_uri", "mongodb_uri_file", "mongodb_database"];
    let command = settings.into_iter().fold(command, |command, name| {
        command.mut_arg(name, |arg| arg.hide(true))
    });
    command.mut_subcommand("resync", |resync| resync.hide(true))
}

/// Uses an account of its own, since no service may create streams, and no database.
async fn provision_bus(settings: &PlatformSettings, replicas: Replicas) -> Result<(), StartError> {
    let bus = Bus::connect(&BusSettings::from(settings), PROVISIONING)
        .await
        .map_err(|error| StartError::new("the bus cannot be used", error))?;
    context::connected(&bus).await?;
    let provisioned = provision(bus.jetstream(), replicas).await;
    // What was sent leaves before the process ends.
    let _ = bus.client().flush().await;
    let provisioned = provisioned.map(drop);
    provisioned.map_err(|error| StartError::new("the bus is not provisioned", error))
}

/// The result of a command, on standard output.
fn print_line(line: &str) {
    // A closed pipe is no error of the command.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn print_error(service: &str, error: &StartError) {
    let _ = writeln!(std::io::stderr(), "{service}: {}", chain(error));
}
