//! Tests of the renderer as a whole. Each file is one question.

mod attacks;
mod colours;
mod inert;
mod load;
mod shape;
mod summary;
