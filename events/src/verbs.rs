//! The verbs, one file each: `Args`, whose doc comment is the help, and `run`.

pub mod completions;
pub mod describe;
pub mod graph;
pub mod history;
pub mod lag;
pub mod man;
pub mod schema;
pub mod show;
pub mod stats;
pub mod tail;
pub mod top;
pub mod trace;
pub mod types;
pub mod validate;
