//! The rules on real-life texts: a table of evasions and innocent texts, and properties of any text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod rules {
    mod bounds;
    mod cases;
    mod properties;
    mod validation;
}
