//! Comments on posts, in threads: who wrote what, and which text of it readers may see.
//!
//! It keeps a replica of posts, made of their events, to know what may be commented on. It never serves the
//! comments of a post (readers get them from `query`), never renders Markdown and never asks another service.

pub mod arrivals;
pub mod commands;
pub mod config;
pub mod domain;
pub mod error;
pub mod http;
pub mod reactions;
pub mod store;

/// The service's name: in events, in consumers, of its database.
pub const SERVICE: &str = "comments";
