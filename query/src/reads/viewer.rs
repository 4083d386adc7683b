//! The relation of the signed-in user to an author and a post.

use std::sync::Arc;

use common::{
    api::query::{ViewerQuery, ViewerState},
    ids::UserId,
};

use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    store::Generation,
};

pub async fn viewer(live: Arc<Generation>, viewer: UserId, query: ViewerQuery) -> Read<ViewerState> {
    let following = async {
        match query.author {
            Some(author) => live.follows(viewer, author).await.map(Some),
            None => Ok(None),
        }
    };
    let reaction = async {
        match query.post {
            Some(post) => live.reaction(post, viewer).await,
            None => Ok(None),
        }
    };
    let (following, reaction) = tokio::try_join!(following, reaction)?;
    let mut keys = vec![Key::User(viewer)];
    keys.extend(query.post.map(Key::Counts));
    Ok(WithDependencies {
        body: ViewerState {
            user_id: viewer,
            following,
            reaction,
        },
        keys,
    })
}
