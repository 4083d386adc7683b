//! Moderation: judges comments before they are seen and posts after, by rules and by people.
//!
//! It hears comments and posts from the log and says verdicts; it never changes what it judges, and nothing asks it.

pub mod domain;
