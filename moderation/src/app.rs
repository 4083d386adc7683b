//! Puts the service together: state, tasks, routes.

use axum::Router;
use common::event::topology::{MODERATION_COMMENTS, MODERATION_POSTS, MODERATION_USERS};
use runtime::{
    bus::Reactor,
    relay,
    service::{Platform, StartError},
};

use crate::{
    SERVICE,
    commands::{COLLECTIONS, Commands},
    config::ModerationSettings,
    consumers::{CommentsReaction, PostsReaction, UsersReaction},
    http::{self, AppState},
};

/// Starts the tasks and answers the routes. Neither the database nor the bus needs to be there.
///
/// # Errors
/// If the platform has no database for it.
pub fn build(platform: &Platform, _: &ModerationSettings) -> Result<Router, StartError> {
    let commands = Commands::new(platform.database()?, platform.relay(&COLLECTIONS)?);
    let prepared = commands.clone();
    platform.spawn_setup(move || {
        let commands = prepared.clone();
        async move { commands.set_up().await }
    });
    spawn_reactors(platform, &commands);
    let settling = commands.clone();
    platform.spawn("settling", |stop| settling.keep_settling(stop));
    Ok(http::router(AppState {
        commands,
        verifier: platform.verifier.clone(),
    }))
}

fn spawn_reactors(platform: &Platform, commands: &Commands) {
    let bus = || platform.bus.clone();
    let comments = Reactor::new(bus(), MODERATION_COMMENTS, CommentsReaction(commands.clone()));
    platform.spawn(MODERATION_COMMENTS.name, |stop| comments.run(stop));
    let posts = Reactor::new(bus(), MODERATION_POSTS, PostsReaction(commands.clone()));
    platform.spawn(MODERATION_POSTS.name, |stop| posts.run(stop));
    let users = Reactor::new(bus(), MODERATION_USERS, UsersReaction(commands.clone()));
    platform.spawn(MODERATION_USERS.name, |stop| users.run(stop));
}

/// Publishes the present state of every verdict, every report and the rules again, and answers how many there are.
///
/// # Errors
/// If the database or the bus is away.
pub async fn resync(platform: &Platform) -> Result<u64, StartError> {
    let commands = Commands::new(platform.database()?, platform.relay(&COLLECTIONS)?);
    let (cases, reports, rulesets) = commands.aggregates();
    let failed = |error| StartError::new(format!("{SERVICE} cannot be published again"), error);
    let bus = &platform.bus;
    let verdicts = relay::resync(cases.store(), bus).await.map_err(failed)?;
    let filed = relay::resync(reports.store(), bus).await.map_err(failed)?;
    let rules = relay::resync(&rulesets.store, bus).await.map_err(failed)?;
    Ok(verdicts + filed + rules)
}
