//! The verbs, one file each: `Args`, whose doc comment is the help, and `run`.

pub mod completions;
pub mod describe;
pub mod dlq;
pub mod export;
pub mod history;
pub mod import;
pub mod man;
pub mod replay;
pub mod resync;
pub mod schema;
pub mod show;
pub mod tail;
pub mod trace;
pub mod types;
