//! One service of the stack, running or stopped.

use clap::{Args, Subcommand};
use runtime::{config::PlatformSettings, service::Service};
use testkit::{NatsServer, RunningService, TestDatabase};

/// A service with its database; the database stays when the service is stopped.
#[derive(Debug)]
pub struct Part<S, O, C> {
    /// Its database.
    pub database: TestDatabase,
    args: &'static [&'static str],
    settings: PlatformSettings,
    running: Option<RunningService>,
    service: fn() -> Service<S, O, C>,
}

impl<S, O, C> Part<S, O, C>
where
    S: Clone + Send + Sync + 'static,
    O: Args + Clone + Send + 'static,
    C: Subcommand + Send + 'static,
{
    /// The service with these arguments of its own, not started yet. It keeps its port from start to start.
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
            args,
            settings,
            running: None,
            service,
        }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) {
        self.start_unready().await;
        self.running().ready().await;
    }

    /// Starts it without waiting.
    pub async fn start_unready(&mut self) {
        let running =
            RunningService::start_unready((self.service)(), self.settings.clone(), self.own()).await;
        self.running = Some(running);
    }

    /// Does one of its operator's commands.
    pub async fn command(&self, command: C) {
        let context = self.running().context().clone();
        let done = (self.service)().run_command(context, self.own(), command).await;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", self.name()));
    }

    fn name(&self) -> &'static str {
        (self.service)().name()
    }

    fn own(&self) -> O {
        let command = O::augment_args(clap::Command::new(self.name()));
        let matches = command.get_matches_from([self.name()].iter().chain(self.args));
        O::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Stops it as SIGTERM does.
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

    /// Its address, the same whether it runs or not.
    pub fn url(&self) -> String {
        format!("http://{}", self.settings.listen_addr)
    }

    /// Publishes the state of everything it owns again, and answers how many events that were.
    pub async fn resync(&self) -> u64 {
        let resynced = (self.service)().resync(self.running().context()).await;
        resynced.unwrap_or_else(|error| panic!("{} cannot resync: {error:?}", self.name()))
    }

    /// Stops it, refusing leftovers, and removes its database.
    pub async fn finish(mut self) {
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
        self.database.remove().await;
    }
}
