//! The types of the HTTP APIs that services and their clients share.
//!
//! With the feature `openapi` they describe themselves as OpenAPI schemas.

pub mod comments;
pub mod moderation;
mod page;
mod problem;

pub use page::Page;
pub use problem::{Problem, ProblemError};
