//! The verbs, one file each: `Args`, whose doc comment is the help text, and `run`.

pub mod asyncapi;
pub mod completions;
pub mod describe;
pub mod dlq;
pub mod export;
pub mod graph;
pub mod history;
pub mod import;
pub mod lag;
pub mod man;
pub mod replay;
pub mod resync;
pub mod schema;
pub mod show;
pub mod stats;
pub mod tail;
pub mod top;
pub mod trace;
pub mod types;
pub mod validate;
