//! The result of a check.

/// What is wrong, each in one line.
pub(super) type Findings = Vec<String>;
