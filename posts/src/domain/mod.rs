//! Pure decisions about posts: no I/O, clock, randomness or serialisation.

pub mod slug;
pub mod tags;
