//! The verbs, one file each: `Args`, whose doc comment is the help, and `run`.

pub mod tail;
pub mod types;
