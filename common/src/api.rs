//! The types of the HTTP APIs that services and their clients share.
//!
//! With the feature `openapi` they describe themselves as OpenAPI schemas.

pub mod comments;
pub mod moderation;
mod page;
pub mod patch;
pub mod posts;
mod problem;
pub mod query;
pub mod users;

pub use page::Page;
pub use problem::{Problem, ProblemError};
