//! Tests of the renderer as a whole.

mod attacks;
mod colours;
mod inert;
mod load;
mod shape;
mod summary;
