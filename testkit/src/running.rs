//! A service that runs inside the test, on real servers.

use async_nats::jetstream::consumer::PullConsumer;
use clap::{Args, Subcommand};
use common::event::STREAM;
use futures::TryStreamExt as _;
use mongodb::bson::doc;
use runtime::{
    bus::{Bus, BusSettings},
    config::PlatformSettings,
    service::{Service, ServiceContext, Started},
};
use tokio_util::sync::CancellationToken;

use super::{Client, NatsServer, TestDatabase, eventually};

/// A running service.
#[derive(Debug)]
pub struct RunningService {
    /// Its API's address, e.g. `http://127.0.0.1:40123`.
    pub url: String,
    /// The address of its health and metrics.
    pub ops_url: String,
    started: Started,
}

impl RunningService {
    /// Starts `service` on these servers and waits until it is ready.
    ///
    /// # Panics
    /// If it does not become ready.
    pub async fn start<S, O, C>(
        service: Service<S, O, C>,
        nats: &NatsServer,
        database: &TestDatabase,
        own: O,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
        O: Args + Clone + Send + 'static,
        C: Subcommand + Send + 'static,
    {
        let settings = Self::settings(service.name(), nats, database);
        let running = Self::start_unready(service, settings, own).await;
        running.ready().await;
        running
    }

    /// The settings of [`start`](Self::start) for the service with this name, to be changed and passed to
    /// [`start_unready`](Self::start_unready).
    pub fn settings(service: &str, nats: &NatsServer, database: &TestDatabase) -> PlatformSettings {
        PlatformSettings {
            mongodb_database: database.name().to_owned(),
            // With the same permissions as in production.
            nats_nkey_seed: nats.seed(service),
            ..PlatformSettings::local(service, database.uri(), &nats.url())
        }
    }

    /// Starts `service` without waiting for its servers.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_unready<S, O, C>(service: Service<S, O, C>, settings: PlatformSettings, own: O) -> Self
    where
        S: Clone + Send + Sync + 'static,
        O: Args + Clone + Send + 'static,
        C: Subcommand + Send + 'static,
    {
        let name = service.name();
        let started = service.start(settings, own, CancellationToken::new()).await;
        let started = started.unwrap_or_else(|error| panic!("{name} does not start: {error:?}"));
        let url = format!("http://{}", started.address);
        let ops_url = format!("http://{}", started.ops_address);
        Self {
            url,
            ops_url,
            started,
        }
    }

    /// Waits until `/readyz` reports readiness.
    ///
    /// # Panics
    /// If it does not become ready.
    pub async fn ready(&self) {
        let ops = Client::new(&self.ops_url);
        super::eventually_ok("the service is ready", async || {
            let response = ops.get("/readyz").send().await;
            if response.status == 200 {
                Ok(())
            } else {
                Err(response.text())
            }
        })
        .await;
    }

    /// A client of it, not signed in.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The service's runtime.
    pub fn context(&self) -> &ServiceContext {
        &self.started.context
    }

    /// Ends it like SIGTERM, without a check for leftovers.
    ///
    /// # Panics
    /// If it does not end successfully.
    pub async fn stop(self) {
        self.started
            .stop()
            .await
            .unwrap_or_else(|error| panic!("the service failed: {error:?}"));
    }

    /// Ends it and checks for leftovers: an event in an outbox, or one that a durable consumer of the service has not
    /// acknowledged.
    ///
    /// # Panics
    /// If there are leftovers.
    pub async fn finish(self) {
        self.settled().await;
        self.stop().await;
    }

    /// Waits until no event waits in its outboxes and its durable consumers have acknowledged all.
    ///
    /// # Panics
    /// If they do not within the timeout.
    pub async fn settled(&self) {
        let context = self.context();
        eventually("the outboxes are empty", async || {
            let pending = doc! { "outbox.0": { "$exists": true } };
            let Ok(database) = context.database() else {
                return Some(());
            };
            for name in database.list_collection_names().await.ok()? {
                let collection = database.collection::<mongodb::bson::Document>(&name);
                if collection.count_documents(pending.clone()).await.ok()? > 0 {
                    return None;
                }
            }
            Some(())
        })
        .await;
        let prefix = format!("{}-", context.service);
        let anyone = BusSettings {
            urls: context.settings.nats_urls.clone(),
            ..BusSettings::default()
        };
        let anyone = Bus::connect(&anyone, "test").await;
        let anyone = anyone.unwrap_or_else(|error| panic!("cannot connect: {error}"));
        eventually("the consumers have acknowledged all", async || {
            let stream = anyone.jetstream().get_stream(STREAM).await.ok()?;
            let names: Vec<String> = stream.consumer_names().try_collect().await.ok()?;
            for name in names.iter().filter(|name| name.starts_with(&prefix)) {
                let mut consumer: PullConsumer = stream.get_consumer(name).await.ok()?;
                let info = consumer.info().await.ok()?;
                if info.num_pending > 0 || info.num_ack_pending > 0 {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }
}
