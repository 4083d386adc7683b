//! The routes, the page cache inside the common middleware, and the layer outside of it.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state};

use crate::{
    middleware::{finalize, page_cache},
    pages,
    state::AppState,
};

/// All routes, with the page cache.
pub fn routes(state: AppState) -> Router {
    let router = pages::router().with_state(state.clone());
    // The layers clone it for every request.
    router.layer(from_fn_with_state(Arc::new(state), page_cache::cached))
}

/// Adds the layer that completes every response, also those of the common middleware.
pub fn outermost(state: AppState, router: Router) -> Router {
    router.layer(from_fn_with_state(Arc::new(state), finalize::finalize))
}

#[cfg(test)]
mod tests;
