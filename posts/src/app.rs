//! State, tasks and routes of the service.

use axum::{Router, extract::FromRef};
use common::event::topology::{POSTS_USERS, POSTS_VERDICTS};
use runtime::{
    auth::Verifier,
    bus::Reactor,
    service::{Platform, StartError},
};

use crate::{
    commands::{COLLECTIONS, Commands},
    config::PostsSettings,
    consumers::{Users, Verdicts},
    http, scheduler,
};

/// What handlers take from.
#[derive(Debug, Clone, FromRef)]
pub struct App {
    commands: Commands,
    verifier: Verifier,
}

/// Starts the tasks and answers the routes.
///
/// # Errors
/// If the platform has no database for it.
pub fn build(platform: &Platform, settings: &PostsSettings) -> Result<Router, StartError> {
    let commands = Commands::new(platform.database()?, platform.relay(COLLECTIONS)?, settings);

    let setup = commands.clone();
    platform.spawn_setup(move || {
        let commands = setup.clone();
        async move { commands.prepare().await }
    });
    let scheduled = commands.clone();
    platform.spawn("scheduler", |stop| scheduler::run(scheduled, stop));
    let swept = commands.clone();
    platform.spawn("sweep", |stop| scheduler::sweep(swept, stop));
    let users = Reactor::new(platform.bus.clone(), POSTS_USERS, Users::new(commands.clone()));
    platform.spawn(POSTS_USERS.name, |stop| async move { users.run(stop).await });
    let verdicts = Verdicts::new(commands.clone());
    let verdicts = Reactor::new(platform.bus.clone(), POSTS_VERDICTS, verdicts);
    platform.spawn(
        POSTS_VERDICTS.name,
        |stop| async move { verdicts.run(stop).await },
    );

    Ok(http::router().with_state(App {
        commands,
        verifier: platform.verifier.clone(),
    }))
}
