//! Pure decisions about comments: no I/O, clock, randomness or serialisation format.

pub mod comment;
pub mod post;
pub mod verdict;

pub use comment::{Actor, Comment, CommentError, Decision, ReviewMode, Text};
pub use post::PostReplica;
pub use verdict::Verdict;
