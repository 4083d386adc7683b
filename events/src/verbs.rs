//! The verbs, one file each: `Args`, whose doc comment is the help, and `run`.

pub mod graph;
pub mod lag;
pub mod stats;
pub mod tail;
pub mod top;
pub mod types;
pub mod validate;
