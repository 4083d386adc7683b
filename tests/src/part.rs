//! One service of the stack, running or stopped.

use clap::{Args as _, FromArgMatches as _};
use runtime::{config::PlatformSettings, service::Service};
use testkit::{NatsServer, RunningService, TestDatabase};

/// A service with its database; the database stays when the service is stopped.
#[derive(Debug)]
pub struct Part<S: Service> {
    /// Its database.
    pub database: TestDatabase,
    args: &'static [&'static str],
    settings: PlatformSettings,
    running: Option<RunningService>,
    service: std::marker::PhantomData<fn() -> S>,
}

impl<S: Service> Part<S> {
    /// The service with these arguments of its own, not started yet. It keeps its port from start to start.
    pub fn new(nats: &NatsServer, database: TestDatabase, args: &'static [&'static str]) -> Self {
        let mut settings = RunningService::settings::<S>(nats, &database);
        settings.listen_addr.set_port(testkit::free_port());
        Self {
            database,
            args,
            settings,
            running: None,
            service: std::marker::PhantomData,
        }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) {
        self.start_unready().await;
        self.running().ready().await;
    }

    /// Starts it without waiting.
    pub async fn start_unready(&mut self) {
        let running = RunningService::start_unready::<S>(self.settings.clone(), self.own()).await;
        self.running = Some(running);
    }

    /// Does one of its operator's commands.
    pub async fn command(&self, command: S::Command) {
        let done = S::command(self.running().platform(), self.own(), command).await;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", S::NAME));
    }

    fn own(&self) -> S::Settings {
        let command = S::Settings::augment_args(clap::Command::new(S::NAME));
        let matches = command.get_matches_from([S::NAME].iter().chain(self.args));
        S::Settings::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{error}"))
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
            .unwrap_or_else(|| panic!("{} is stopped", S::NAME))
    }

    /// Its address, the same whether it runs or not.
    pub fn url(&self) -> String {
        format!("http://{}", self.settings.listen_addr)
    }

    /// Publishes the state of everything it owns again, and answers how many events that were.
    pub async fn resync(&self) -> u64 {
        let resynced = S::resync(self.running().platform()).await;
        resynced.unwrap_or_else(|error| panic!("{} cannot resync: {error:?}", S::NAME))
    }

    /// Stops it, refusing leftovers, and removes its database.
    pub async fn finish(mut self) {
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
        self.database.remove().await;
    }
}
