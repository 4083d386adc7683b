//! The model is the same whatever happens on the way: order, repetition, crashes, two projectors at once.

mod any_order;
mod crash;
mod history;
mod model;
