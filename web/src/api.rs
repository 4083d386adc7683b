//! Clients of the other services' APIs, with the request and response types that the services themselves use.
//!
//! Every call is made for one visitor and forwards what identifies them; cookies that a service sets are passed on to
//! the browser. An awaited call returns a value, a problem document, or that the service is unavailable.

mod auth;
mod backend;
mod call;
mod client;
mod comments;
mod dependencies;
mod error;
mod identity;
mod moderation;
mod names;
mod posts;
mod query;

pub use auth::Account;
pub use backend::Backend;
pub use call::Call;
pub use client::{Api, Client};
pub use dependencies::Dependencies;
pub use error::ApiError;
pub use identity::{CookieJar, Identity};
pub use names::Names;
pub use query::PostLookup;
