//! HTTP for every service: the server, its middleware, extractors, responses and problem documents.

mod client_addr;
mod conditional;
mod context;
pub(crate) mod cookies;
mod health;
mod json;
mod middleware;
mod nul;
mod openapi;
mod page;
pub(crate) mod parameters;
mod params;
pub(crate) mod problem;
mod rate_limit;
mod server;
mod validation;
mod write;

pub use client_addr::ClientAddr;
pub use conditional::{ETag, IdempotencyKey, IfMatch};
pub use context::RequestContext;
pub use cookies::{SetCookie, cookie_value};
pub use health::{Health, ops_router};
pub use json::{Json, MAX_BODY_BYTES};
pub(crate) use middleware::Site;
pub use middleware::layers;
pub use openapi::{ProblemResponses, with_openapi};
pub use page::{Cursor, DEFAULT_LIMIT, MAX_LIMIT, PageParams, page_of};
pub use params::{Path, Query};
pub use problem::{PROBLEM_JSON, problem_of};
pub use server::{DRAIN_LIMIT, serve, shutdown_signal};
pub use write::WriteContext;
