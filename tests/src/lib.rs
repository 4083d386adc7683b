//! The whole platform inside a test: all services on one nats-server, each with its own database, each of which can
//! be stopped and started. And single services as real processes, for signals and kills.

#![allow(clippy::panic, reason = "a harness that cannot go on ends the test")]

mod browser;
mod front;
mod part;
mod person;
mod process;
mod stack;

pub use browser::{Browser, Seen};
pub use front::Front;
pub use part::Part;
pub use person::{PASSWORD, Person};
pub use process::{Process, ProcessSettings};
pub use stack::{Site, Stack};
