//! The verbs, one file each: `Args`, whose doc comment is the help, and `run`.

pub mod completions;
pub mod describe;
pub mod history;
pub mod man;
pub mod schema;
pub mod show;
pub mod tail;
pub mod trace;
pub mod types;
