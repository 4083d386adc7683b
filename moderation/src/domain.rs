//! What is decided, without I/O, clock or randomness.

pub mod rules;
