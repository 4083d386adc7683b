//! The write side of posts: drafts, publication, revisions, tags and slugs.

pub mod domain;
