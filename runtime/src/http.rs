//! The web side that every service shares: requests in, answers and problems out, the server around them.

mod client_addr;
mod conditional;
mod context;
pub(crate) mod cookies;
mod envelope;
mod health;
mod json;
mod nul;
mod openapi;
mod page;
mod params;
pub(crate) mod problem;
mod rate_limit;
mod server;
mod validation;

pub use client_addr::ClientAddr;
pub use conditional::{ETag, IdempotencyKey, IfMatch};
pub use context::RequestContext;
pub use cookies::{SetCookie, cookie_value};
pub(crate) use envelope::Site;
pub use envelope::layers;
pub use health::{Health, ops_router};
pub use json::{Json, MAX_BODY_BYTES};
pub use openapi::{ProblemResponses, with_openapi};
pub use page::{Cursor, DEFAULT_LIMIT, MAX_LIMIT, PageParams, page_of};
pub use params::{Path, Query};
pub use problem::{PROBLEM_JSON, problem_of};
pub use server::{DRAIN_LIMIT, serve, shutdown_signal};
