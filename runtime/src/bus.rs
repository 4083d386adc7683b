//! NATS JetStream: the connection, the streams, and the two ways of consuming the log.
//!
//! A [projection](Projection) reads the whole log in order from its own checkpoint; a [reactor](Reactor) is a
//! durable consumer that acknowledges each event after its effect is committed. Messages that neither can decode become
//! [dead letters](DeadLetter) with the reason.

mod connection;
mod dead_letter;
mod message;
mod projection;
mod publish;
mod reactor;
mod refusals;
mod streams;

pub use common::event::{DEAD_LETTER_STREAM, LIVE_SUBJECT_PREFIX, dead_letter_header};
pub use connection::{Bus, BusSettings, ConnectError};
pub use dead_letter::DeadLetter;
pub use projection::{Batch, Checkpoint, LogEntry, LogReader, Projection, ProjectionError, run_projection};
pub use publish::PublishError;
pub use reactor::{CircuitState, ConsumerStatus, EventHandler, HandlerError, MAX_ATTEMPTS, Reactor};
pub use streams::{Drift, ProvisionError, Replicas, provision};
