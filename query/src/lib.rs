//! The read side of Inkstream: one joined read model built from the event log, and its HTTP reads.

pub mod render;
