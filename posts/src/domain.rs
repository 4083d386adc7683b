//! Pure decisions about posts and reactions: no I/O, clock, randomness or JSON.

pub mod content;
pub mod moderation;
pub mod post;
pub mod reaction;
pub mod slug;
