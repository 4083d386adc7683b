//! One service of the stack, running or stopped.

use clap::{Args, Subcommand};
use runtime::{config::PlatformSettings, service::Service};
use testkit::{NatsServer, RunningService, TestDatabase};

/// A service with its database, which is kept when the service is stopped.
#[derive(Debug)]
pub struct ServiceHandle<S, O, C> {
    /// The database.
    pub database: TestDatabase,
    args: Vec<&'static str>,
    settings: PlatformSettings,
    running: Option<RunningService>,
    service: fn() -> Service<S, O, C>,
}

impl<S, O, C> ServiceHandle<S, O, C>
where
    S: Clone + Send + Sync + 'static,
    O: Args + Clone + Send + 'static,
    C: Subcommand + Send + 'static,
{
    /// A service with command line arguments, not started yet. Its port is the same after a restart.
    pub fn new(
        service: fn() -> Service<S, O, C>,
        nats: &NatsServer,
        database: TestDatabase,
        args: &'static [&'static str],
    ) -> Self {
        let mut settings = RunningService::settings(service().name(), nats, &database);
        settings.listen_addr.set_port(testkit::free_port());
        Self {
            database,
            args: args.to_vec(),
            settings,
            running: None,
            service,
        }
    }

    /// Starts the service and waits until it is ready.
    pub async fn start(&mut self) {
        self.start_unready().await;
        self.running().ready().await;
    }

    /// Starts the service without waiting.
    pub async fn start_unready(&mut self) {
        let running =
            RunningService::start_unready((self.service)(), self.settings.clone(), self.service_settings())
                .await;
        self.running = Some(running);
    }

    /// Restarts the service with further command line arguments.
    pub async fn restart_with(&mut self, args: &[&'static str]) {
        self.stop().await;
        self.args.extend(args);
        self.start().await;
    }

    /// Runs an operator command.
    pub async fn command(&self, command: C) {
        let context = self.running().context().clone();
        let done = (self.service)()
            .execute(context, self.service_settings(), command)
            .await;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", self.name()));
    }

    fn name(&self) -> &'static str {
        (self.service)().name()
    }

    fn service_settings(&self) -> O {
        let command = O::augment_args(clap::Command::new(self.name()));
        let matches = command.get_matches_from([self.name()].iter().chain(&self.args));
        O::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Stops the service as SIGTERM does.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// The running service.
    pub fn running(&self) -> &RunningService {
        self.running
            .as_ref()
            .unwrap_or_else(|| panic!("{} is stopped", self.name()))
    }

    /// The address, which is the same after a restart.
    pub fn url(&self) -> String {
        format!("http://{}", self.settings.listen_addr)
    }

    /// Republishes the state of all aggregates. Returns the number of events.
    pub async fn resync(&self) -> u64 {
        let resynced = (self.service)().resync(self.running().context()).await;
        resynced.unwrap_or_else(|error| panic!("{} cannot resync: {error:?}", self.name()))
    }

    /// Stops the service, checks for leftovers, and removes the database.
    pub async fn finish(mut self) {
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
        self.database.remove().await;
    }
}
