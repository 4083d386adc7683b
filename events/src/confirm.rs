//! Confirmation before a change.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;

/// Whether to apply the change.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Apply without asking; required if standard input is not a terminal
    #[arg(long, short)]
    yes: bool,
    /// Only print what would be done
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Args {
    /// Whether the change is confirmed: interactively at a terminal, elsewhere by `--yes`.
    ///
    /// # Errors
    /// If the terminal cannot be read or written.
    pub fn ask(self, question: &str) -> Result<bool, Failure> {
        if self.yes || self.dry_run {
            return Ok(self.yes);
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Ok(false);
        }
        let mut stderr = io::stderr();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// Prints on stderr that nothing was changed, and how to apply the change.
pub fn print_aborted() {
    anstream::eprintln!("Nothing was changed; use --yes to apply.");
}
