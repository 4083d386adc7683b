//! The consumers of a declaration at work: handlers by durable consumer, and what happens when a user is deleted.

use std::sync::Arc;

use common::{
    error::chain,
    event::{Event, Received, UserFact, topology::ConsumerSpec},
    ids::UserId,
};
use tokio_util::sync::CancellationToken;

use super::{
    ServiceContext, StartError,
    declaration::{Handler, OnUserDeleted},
    handle_all,
};
use crate::{
    bus::{EventHandler, HandlerError, Reactor},
    store::{Cause, DeletedUser, DeletedUsers},
};

/// Calls the handlers of one durable consumer one after the other.
struct Handlers<S> {
    state: S,
    handlers: Vec<Handler<S>>,
}

impl<S: Clone + Send + Sync + 'static> EventHandler for Handlers<S> {
    async fn handle(&self, event: Arc<Received>) -> Result<(), HandlerError> {
        for handler in &self.handlers {
            handler(self.state.clone(), Arc::clone(&event)).await?;
        }
        Ok(())
    }
}

/// Starts the durable consumer `spec` with its handlers.
pub(super) fn spawn<S: Clone + Send + Sync + 'static>(
    context: &ServiceContext,
    spec: ConsumerSpec,
    state: S,
    handlers: Vec<Handler<S>>,
) {
    let handlers = Handlers { state, handlers };
    let reactor = Arc::new(Reactor::new(context.bus.clone(), spec, handlers));
    let status = reactor.status();
    context.health.show(spec.name, move || status.borrow().check());
    context.spawn(spec.name, move |stop| {
        let reactor = Arc::clone(&reactor);
        async move { reactor.run(stop).await }
    });
}

/// The handler of user events that records a deletion, and then removes what belongs to the user.
pub(super) fn deletion_handler<S: Clone + Send + Sync + 'static>(
    context: &ServiceContext,
    on_user_deleted: OnUserDeleted<S>,
) -> Result<Handler<S>, StartError> {
    let (users, service) = (deleted_users(context)?, context.service);
    Ok(Arc::new(move |state, event| {
        let (users, on_user_deleted) = (users.clone(), Arc::clone(&on_user_deleted));
        Box::pin(async move {
            let Event::User(UserFact::Deleted, user) = &event.event else {
                return Ok(());
            };
            // Recorded first: what the user creates from now on is found by the guard, if not by the handler.
            users.add(user.id).await?;
            on_user_deleted(state, user.id, Cause::event(service, &event)).await
        })
    }))
}

/// Starts the task that repeats the removal for users who created something while or after it was done.
pub(super) fn spawn_cleanup<S: Clone + Send + Sync + 'static>(
    context: &ServiceContext,
    state: S,
    on_user_deleted: OnUserDeleted<S>,
) -> Result<(), StartError> {
    let (users, service) = (deleted_users(context)?, context.service);
    context.spawn("deleted-users", move |stop| {
        let remove = {
            let (state, on_user_deleted) = (state.clone(), Arc::clone(&on_user_deleted));
            move |user| {
                on_user_deleted(
                    state.clone(),
                    user,
                    Cause::service(service, format!("deleted-user:{user}")),
                )
            }
        };
        clean_up(users.clone(), remove, stop)
    });
    Ok(())
}

async fn clean_up<F>(users: DeletedUsers, remove: impl Fn(UserId) -> F, stop: CancellationToken)
where
    F: Future<Output = Result<(), HandlerError>>,
{
    let mut failing = false;
    while !stop.is_cancelled() {
        let result = clean_up_once(&users, &remove).await;
        if let Err(error) = &result
            && !failing
        {
            tracing::warn!(error = chain(error), "content of deleted users is removed later");
        }
        failing = result.is_err();
        tokio::select! {
            () = stop.cancelled() => {}
            () = users.next_check() => {}
        }
    }
}

async fn clean_up_once<F>(users: &DeletedUsers, remove: impl Fn(UserId) -> F) -> Result<(), HandlerError>
where
    F: Future<Output = Result<(), HandlerError>>,
{
    let due = |failed: Vec<DeletedUser>| async move { Ok(users.due(&failed).await?) };
    let clean_up = |due: DeletedUser| {
        let removal = remove(due.user());
        async move {
            removal.await?;
            Ok(users.done(&due).await?)
        }
    };
    handle_all(due, clean_up).await
}

fn deleted_users(context: &ServiceContext) -> Result<DeletedUsers, StartError> {
    let users = context.storage()?.deleted_users().cloned();
    users.ok_or_else(|| StartError::because("deleted users are not recorded"))
}
