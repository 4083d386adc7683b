//! Starting a service from its declaration, and ending it without losing anything.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use clap::{Args, Subcommand};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Service, ServiceContext, StartError, consumers, context::Needs, resync};
use crate::{config::PlatformSettings, http, store::StoreError};

/// How long tasks may take to end after the last response.
const TASK_TIMEOUT: Duration = Duration::from_secs(5);

/// A running service.
#[derive(Debug)]
pub struct Started {
    /// Where its API listens.
    pub address: SocketAddr,
    /// Where its health and metrics listen.
    pub ops_address: SocketAddr,
    /// What it stands on.
    pub context: ServiceContext,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), StartError>>,
}

impl<S, O, C> Service<S, O, C>
where
    S: Clone + Send + Sync + 'static,
    O: Args + Clone + Send + 'static,
    C: Subcommand + Send + 'static,
{
    /// Opens its connections, for an operator command; nothing of it runs.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub async fn open(&self, settings: PlatformSettings) -> Result<ServiceContext, StartError> {
        let needs = Needs {
            service: self.name,
            database: self.has_database,
            collections: self.collections(),
            deleted_users: self.on_user_deleted.is_some(),
        };
        ServiceContext::open(needs, settings).await
    }

    /// Republishes the state of each of its aggregates, and returns how many there were.
    ///
    /// # Errors
    /// If the database or the bus is unavailable; it may be repeated.
    pub async fn resync(&self, context: &ServiceContext) -> Result<u64, StartError> {
        resync::resync_all(&self.owned, context).await
    }

    /// Runs one of its own operator commands.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn execute(&self, context: ServiceContext, own: O, command: C) -> Result<(), StartError> {
        match &self.command {
            Some(run) => run(context, own, command).await,
            None => Err(StartError::because(format!("{} has no commands", self.name))),
        }
    }

    /// Starts the service; it runs until `shutdown` is cancelled.
    ///
    /// # Errors
    /// If a setting is invalid, a port is taken, or the declaration differs from the topology.
    pub async fn start(
        self,
        settings: PlatformSettings,
        own: O,
        shutdown: CancellationToken,
    ) -> Result<Started, StartError> {
        self.check_topology()?;
        let listener = bind(settings.listen_addr, "LISTEN_ADDR").await?;
        let ops_listener = bind(settings.ops_listen_addr, "OPS_LISTEN_ADDR").await?;
        let context = self.open(settings).await?;
        let name = self.name;
        let router = self.launch(&context, own)?;

        let address = local_address(&listener)?;
        let ops_address = local_address(&ops_listener)?;
        tracing::info!(service = name, %address, %ops_address, "listening");
        let running = tokio::spawn(run(
            context.clone(),
            router,
            listener,
            ops_listener,
            shutdown.clone(),
        ));
        Ok(Started {
            address,
            ops_address,
            context,
            shutdown,
            running,
        })
    }

    /// Creates the state and starts everything in the background; returns the routes.
    fn launch(self, context: &ServiceContext, own: O) -> Result<Router, StartError> {
        context.watch_identity();
        context.spawn_relay();
        resync::spawn(context, self.owned.clone());
        let state = (self.state)(context, own)?;
        for (name, check) in self.checks.iter().cloned() {
            let state = state.clone();
            context.health.register(name, move || {
                let checked = check(&state);
                async move { checked }
            });
        }
        self.spawn_setup(context, &state);
        self.spawn_consumers(context, &state)?;
        for (name, task) in &self.tasks {
            let (task, state) = (Arc::clone(task), state.clone());
            context.spawn(name, move |stop| task(state.clone(), stop));
        }
        let router = match self.routes {
            Some(routes) => routes(state.clone()),
            None => Router::new(),
        };
        let router = http::layers(router, &context.settings);
        Ok(match self.outermost {
            Some(outermost) => outermost(state, router),
            None => router,
        })
    }

    fn spawn_setup(&self, context: &ServiceContext, state: &S) {
        let Ok(storage) = context.storage().cloned() else {
            return;
        };
        let (owned, setup, state) = (self.owned.clone(), self.setup.clone(), state.clone());
        context.spawn_setup(move || {
            let (owned, setup, state, storage) =
                (owned.clone(), setup.clone(), state.clone(), storage.clone());
            async move {
                for owned in owned {
                    (owned.ensure_indexes)(storage.clone()).await?;
                }
                if let Some(users) = storage.deleted_users() {
                    users.ensure_indexes().await?;
                }
                for setup in setup {
                    setup(state.clone()).await?;
                }
                Ok::<_, StoreError>(())
            }
        });
    }

    fn spawn_consumers(&self, context: &ServiceContext, state: &S) -> Result<(), StartError> {
        for spec in self.consumer_specs() {
            let declared = self.consumers.iter().filter(|(own, _)| own.name == spec.name);
            let mut handlers: Vec<_> = declared.map(|(_, handler)| Arc::clone(handler)).collect();
            if let Some((own, removal)) = &self.on_user_deleted
                && own.name == spec.name
            {
                handlers.push(consumers::deletion_handler(context, Arc::clone(removal))?);
            }
            consumers::spawn(context, spec, state.clone(), handlers);
        }
        match &self.on_user_deleted {
            Some((_, removal)) => consumers::spawn_cleanup(context, state.clone(), Arc::clone(removal)),
            None => Ok(()),
        }
    }
}

impl Started {
    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it could not serve, or a background task kept dying.
    pub async fn ended(self) -> Result<(), StartError> {
        self.running
            .await
            .map_err(|error| StartError::new("the service failed", error))?
    }

    /// Ends it as SIGTERM does, and waits.
    ///
    /// # Errors
    /// As [`ended`](Self::ended).
    pub async fn stop(self) -> Result<(), StartError> {
        self.shutdown.cancel();
        self.ended().await
    }
}

/// Serves; then ends in order: no new requests, the requests in progress, the tasks (the relay publishes what those
/// requests committed). A background task that keeps dying ends it, too.
async fn run(
    context: ServiceContext,
    router: Router,
    listener: TcpListener,
    ops_listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let serving = http::serve(
        listener,
        ops_listener,
        router,
        context.health.clone(),
        shutdown.clone(),
        &context.settings,
    );
    let served = serve_until_shutdown(serving, &shutdown, &context.failure.happened, &context.draining).await;

    context.stopping.cancel();
    context.tasks.close();
    if tokio::time::timeout(TASK_TIMEOUT, context.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!("some tasks did not end in time");
    }
    // Acknowledgements of the consumers may still be in the client's buffer.
    let _ = tokio::time::timeout(Duration::from_secs(1), context.bus.client().flush()).await;
    context.close().await;
    tracing::info!("stopped");
    served.map_err(|error| StartError::new("the service could not serve", error))?;
    context.failure.into_result()
}

/// Serves until `shutdown`, which a failed background task or the end of the listeners cancels, too.
async fn serve_until_shutdown<E>(
    serving: impl Future<Output = Result<(), E>>,
    shutdown: &CancellationToken,
    failed: &CancellationToken,
    draining: &CancellationToken,
) -> Result<(), E> {
    let begin_draining = async {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = failed.cancelled() => shutdown.cancel(),
        }
        draining.cancel();
    };
    let serving = async {
        let served = serving.await;
        shutdown.cancel();
        served
    };
    tokio::join!(serving, begin_draining).0
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| {
        StartError::new(
            format!("cannot listen on {address}; choose another {setting} or free the port"),
            error,
        )
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|error| StartError::new("the listener has no address", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_the_listeners_ends_the_service() {
        let (shutdown, failed, draining) = (
            CancellationToken::new(),
            CancellationToken::new(),
            CancellationToken::new(),
        );
        let serving = async { Err("the listener died") };

        let served = serve_until_shutdown(serving, &shutdown, &failed, &draining).await;

        assert_eq!(served, Err("the listener died"));
        assert!(shutdown.is_cancelled() && draining.is_cancelled());
    }
}
