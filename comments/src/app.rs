//! Puts the service together: state, tasks, routes.

use axum::Router;
use common::event::topology::{COMMENTS_POSTS, COMMENTS_USERS, COMMENTS_VERDICTS};
use runtime::{
    bus::Reactor,
    relay,
    service::{Platform, StartError},
    store::Aggregate as _,
};

use crate::{
    SERVICE,
    commands::Commands,
    config::CommentsSettings,
    consumers::{PostsReaction, UsersReaction, VerdictsReaction},
    domain::Comment,
    http::{self, AppState},
    store::aggregates,
};

/// Starts the tasks and answers the routes. Neither the database nor the bus needs to be there.
///
/// # Errors
/// If the platform has no database for it.
pub fn build(platform: &Platform, settings: &CommentsSettings) -> Result<Router, StartError> {
    let relay = platform.relay(&[Comment::COLLECTION])?;
    let commands = Commands::new(platform.database()?, relay, settings.review());
    let prepared = commands.clone();
    platform.spawn_setup(move || {
        let commands = prepared.clone();
        async move { commands.set_up().await }
    });
    spawn_reactors(platform, &commands);
    Ok(http::router(AppState {
        commands,
        verifier: platform.verifier.clone(),
    }))
}

fn spawn_reactors(platform: &Platform, commands: &Commands) {
    let posts = Reactor::new(
        platform.bus.clone(),
        COMMENTS_POSTS,
        PostsReaction(commands.clone()),
    );
    platform.spawn(COMMENTS_POSTS.name, |stop| posts.run(stop));
    let users = Reactor::new(
        platform.bus.clone(),
        COMMENTS_USERS,
        UsersReaction(commands.clone()),
    );
    platform.spawn(COMMENTS_USERS.name, |stop| users.run(stop));
    let verdicts = Reactor::new(
        platform.bus.clone(),
        COMMENTS_VERDICTS,
        VerdictsReaction(commands.clone()),
    );
    platform.spawn(COMMENTS_VERDICTS.name, |stop| verdicts.run(stop));
}

/// Publishes the present state of every comment again and answers how many there are.
///
/// # Errors
/// If the database or the bus is away.
pub async fn resync(platform: &Platform) -> Result<u64, StartError> {
    let store = aggregates(platform.database()?, platform.relay(&[Comment::COLLECTION])?);
    relay::resync(&store, &platform.bus)
        .await
        .map_err(|error| StartError::new(format!("{SERVICE} cannot be published again"), error))
}
