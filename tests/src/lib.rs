//! The whole platform in a test: all services on one nats-server, each with its own database, which can be stopped and
//! started. And single services as processes, for signals and kills.

#![allow(clippy::panic, reason = "a failure of the harness fails the test")]

mod browser;
mod frontend;
mod gateway;
mod process;
mod service_handle;
mod stack;
mod user;

pub use browser::{Browser, PageResponse};
pub use frontend::Frontend;
pub use gateway::Gateway;
pub use process::{Process, ProcessSettings};
pub use service_handle::ServiceHandle;
pub use stack::Stack;
pub use user::{PASSWORD, User};
