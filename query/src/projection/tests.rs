//! The model does not depend on the order and repetition of events, on crashes, or on concurrent projectors.

mod any_order;
mod bulk;
mod crash;
mod history;
mod model;
