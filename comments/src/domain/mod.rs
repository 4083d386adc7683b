//! Pure decisions about comments: no I/O, clock, randomness or serialisation format.

pub mod comment;
pub mod post;

pub use comment::{Comment, CommentError, Decision, Person, Review, Text};
pub use post::PostReplica;
