//! Pure decisions, without I/O, clock or randomness.

pub mod case;
pub mod report;
pub mod rules;
pub mod ruleset;
pub mod text;

pub use case::{Case, CaseError, Decision, ModeratorDecision, ReviewedText};
pub use report::{Report, ReportError};
pub use ruleset::Ruleset;
pub use text::Text;
