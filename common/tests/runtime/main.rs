//! Store, relay, reactor and projection on a real nats-server and a real MongoDB-wire server.

mod contract;
mod fixture;
mod projection;
mod reactor;
mod relay;
mod store;
