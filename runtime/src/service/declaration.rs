//! The declaration of a service, and its check against the topology.

use std::{fmt, sync::Arc};

use axum::Router;
use clap::{Args, Subcommand};
use common::{
    event::{
        AggregateKind, AggregateState, Received,
        topology::{self, ConsumerSpec},
    },
    ids::UserId,
};
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::{NoCommand, NoSettings, ServiceContext, StartError};
use crate::{
    bus::HandlerError,
    relay,
    store::{Aggregate, Cause, Storage, StoreError},
};

type MakeState<S, O> = Box<dyn Fn(&ServiceContext, O) -> Result<S, StartError> + Send + Sync>;
type RunCommand<O, C> =
    Box<dyn Fn(ServiceContext, O, C) -> BoxFuture<'static, Result<(), StartError>> + Send + Sync>;
type Routes<S> = Box<dyn FnOnce(S) -> Router + Send + Sync>;
type Outermost<S> = Box<dyn FnOnce(S, Router) -> Router + Send + Sync>;
pub(super) type Setup<S> = Arc<dyn Fn(S) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;
pub(super) type Handler<S> =
    Arc<dyn Fn(S, Arc<Received>) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;
pub(super) type OnUserDeleted<S> =
    Arc<dyn Fn(S, UserId, Cause) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;
pub(super) type Task<S> = Arc<dyn Fn(S, CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;
pub(super) type Check<S> = Arc<dyn Fn(&S) -> Result<(), String> + Send + Sync>;

/// An aggregate that the service owns, without its type.
#[derive(Clone, Copy)]
pub(super) struct Owned {
    pub(super) kind: AggregateKind,
    pub(super) collection: &'static str,
    pub(super) ensure_indexes: fn(Storage) -> BoxFuture<'static, Result<(), StoreError>>,
    pub(super) resync: fn(ServiceContext) -> BoxFuture<'static, Result<u64, StartError>>,
}

impl Owned {
    fn of<A: Aggregate>() -> Self {
        Self {
            kind: A::Public::KIND,
            collection: A::COLLECTION,
            ensure_indexes: |storage| {
                Box::pin(async move { storage.aggregates::<A>().ensure_indexes().await })
            },
            resync: |context| {
                Box::pin(async move {
                    let store = context.storage()?.aggregates::<A>();
                    relay::resync(&store, &context.bus).await.map_err(|error| {
                        StartError::new("not every event was published; run it again", error)
                    })
                })
            },
        }
    }
}

/// One of the platform's services, with its state `S`, its own settings `O` and its own operator commands `C`.
///
/// ```no_run
/// # use runtime::{bus::HandlerError, service::{NoSettings, Service, ServiceContext, StartError}};
/// # use common::event::{Received, topology::POSTS_VERDICTS};
/// # #[derive(Clone)] pub struct State;
/// # impl State { fn new(_: &ServiceContext, _: NoSettings) -> Result<Self, StartError> { Ok(Self) } }
/// # async fn on_verdict(_: State, _: std::sync::Arc<Received>) -> Result<(), HandlerError> { Ok(()) }
/// # fn routes(_: State) -> axum::Router { axum::Router::new() }
/// pub fn service() -> Service<State> {
///     Service::new("posts", "Authors' posts", State::new)
///         .consumer(POSTS_VERDICTS, on_verdict)
///         .routes(routes)
/// }
/// ```
pub struct Service<S, O = NoSettings, C = NoCommand> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) state: MakeState<S, O>,
    pub(super) owned: Vec<Owned>,
    pub(super) has_database: bool,
    pub(super) setup: Vec<Setup<S>>,
    pub(super) consumers: Vec<(ConsumerSpec, Handler<S>)>,
    pub(super) on_user_deleted: Option<(ConsumerSpec, OnUserDeleted<S>)>,
    pub(super) tasks: Vec<(&'static str, Task<S>)>,
    pub(super) checks: Vec<(&'static str, Check<S>)>,
    pub(super) routes: Option<Routes<S>>,
    pub(super) outermost: Option<Outermost<S>>,
    pub(super) command: Option<RunCommand<O, C>>,
}

impl<S, O, C> fmt::Debug for Service<S, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.name)
    }
}

impl<S, O, C> Service<S, O, C>
where
    S: Clone + Send + Sync + 'static,
    O: Args + Clone + Send + 'static,
    C: Subcommand + Send + 'static,
{
    /// The service `name`, with one line for `--help`. `state` creates what its handlers, consumers and tasks share;
    /// it may not need the database or the bus, since a service starts while they are unavailable.
    pub fn new(
        name: &'static str,
        about: &'static str,
        state: impl Fn(&ServiceContext, O) -> Result<S, StartError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            about,
            state: Box::new(state),
            owned: Vec::new(),
            has_database: false,
            setup: Vec::new(),
            consumers: Vec::new(),
            on_user_deleted: None,
            tasks: Vec::new(),
            checks: Vec::new(),
            routes: None,
            outermost: None,
            command: None,
        }
    }

    /// It owns the aggregates of kind `A`: their outboxes are relayed, and `resync` republishes their state.
    #[must_use]
    pub fn aggregate<A: Aggregate>(mut self) -> Self {
        self.owned.push(Owned::of::<A>());
        self.has_database = true;
        self
    }

    /// It owns a database although it owns no aggregate, as a read side does.
    #[must_use]
    pub fn database(mut self) -> Self {
        self.has_database = true;
        self
    }

    /// Prepares its database, indexes above all. Retried until it succeeds; the service is not ready before.
    #[must_use]
    pub fn setup<F>(mut self, setup: impl Fn(S) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        self.setup.push(Arc::new(move |state| Box::pin(setup(state))));
        self
    }

    /// It consumes `spec`: `handler` is called at least once for each event, in no certain order.
    #[must_use]
    pub fn consumer<F>(
        mut self,
        spec: ConsumerSpec,
        handler: impl Fn(S, Arc<Received>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler: Handler<S> = Arc::new(move |state, event| Box::pin(handler(state, event)));
        self.consumers.push((spec, handler));
        self
    }

    /// `handler` removes or anonymises what belongs to a deleted user; it must be idempotent. `spec` consumes the
    /// deletions, and may be one that has a handler of other facts.
    ///
    /// The deletion is recorded first, and what the user creates afterwards is refused
    /// ([`DeletedUsers`](crate::store::DeletedUsers)).
    #[must_use]
    pub fn on_user_deleted<F>(
        mut self,
        spec: ConsumerSpec,
        handler: impl Fn(S, UserId, Cause) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler: OnUserDeleted<S> =
            Arc::new(move |state, user, cause| Box::pin(handler(state, user, cause)));
        self.on_user_deleted = Some((spec, handler));
        self
    }

    /// A background task, which runs until its token is cancelled. It is restarted if it panics or ends earlier.
    #[must_use]
    pub fn task<F>(
        mut self,
        name: &'static str,
        task: impl Fn(S, CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks
            .push((name, Arc::new(move |state, stop| Box::pin(task(state, stop)))));
        self
    }

    /// A readiness check of its own, beside those of the database, the setup and the identity.
    #[must_use]
    pub fn check(
        mut self,
        name: &'static str,
        check: impl Fn(&S) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name, Arc::new(check)));
        self
    }

    /// Its API. The middleware of every service is put around it.
    #[must_use]
    pub fn routes(mut self, routes: impl FnOnce(S) -> Router + Send + Sync + 'static) -> Self {
        self.routes = Some(Box::new(routes));
        self
    }

    /// A layer of its own outside the middleware of every service, for what that middleware itself responds.
    #[must_use]
    pub fn outermost(mut self, layer: impl FnOnce(S, Router) -> Router + Send + Sync + 'static) -> Self {
        self.outermost = Some(Box::new(layer));
        self
    }

    /// Runs its operator commands.
    #[must_use]
    pub fn command<F>(mut self, command: impl Fn(ServiceContext, O, C) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), StartError>> + Send + 'static,
    {
        self.command = Some(Box::new(move |context, settings, own| {
            Box::pin(command(context, settings, own))
        }));
        self
    }

    /// Its name: of its binary, database, bus user and consumers.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn collections(&self) -> Vec<&'static str> {
        self.owned.iter().map(|owned| owned.collection).collect()
    }

    /// The consumers by name, each once, in the order of their declaration.
    pub(super) fn consumer_specs(&self) -> Vec<ConsumerSpec> {
        let declared = self.consumers.iter().map(|(spec, _)| *spec);
        let deletions = self.on_user_deleted.iter().map(|(spec, _)| *spec);
        let mut specs: Vec<ConsumerSpec> = Vec::new();
        for spec in declared.chain(deletions) {
            if specs.iter().all(|known| known.name != spec.name) {
                specs.push(spec);
            }
        }
        specs
    }

    /// Compares the declaration with the topology, from which the permissions on the bus are derived.
    ///
    /// # Errors
    /// If the two differ: the service would lack a permission, or a permission would lack its use.
    pub(super) fn check_topology(&self) -> Result<(), StartError> {
        let Some(spec) = topology::service(self.name) else {
            return Ok(()); // A service of a test.
        };
        let mut owned: Vec<_> = self.owned.iter().map(|owned| owned.kind.as_str()).collect();
        let mut aggregates: Vec<_> = spec.aggregates().map(AggregateKind::as_str).collect();
        let mut consumers: Vec<_> = self.consumer_specs().iter().map(|spec| spec.name).collect();
        let mut expected: Vec<_> = spec.consumers.iter().map(|consumer| consumer.name).collect();
        for names in [&mut owned, &mut aggregates, &mut consumers, &mut expected] {
            names.sort_unstable();
        }
        if (&owned, &consumers) == (&aggregates, &expected) {
            return Ok(());
        }
        Err(StartError::because(format!(
            "{} declares the aggregates {owned:?} and the consumers {consumers:?}, \
             but common::event::topology has {aggregates:?} and {expected:?}",
            self.name
        )))
    }
}
