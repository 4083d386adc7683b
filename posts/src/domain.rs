//! Pure decisions about posts: no I/O, clock, randomness or serialisation.

pub mod content;
pub mod listing;
pub mod moderation;
pub mod post;
pub mod reaction;
pub mod slug;
pub mod tags;
