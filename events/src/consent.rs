//! Before anything is changed, somebody says yes.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;

/// Whether it is really to be done.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Do it without asking; where nobody can be asked, nothing is done without this
    #[arg(long, short)]
    yes: bool,
    /// Only say what would be done
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Args {
    /// Whether to do what `question` asks. At a terminal the person there decides; elsewhere `--yes` does.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn to(self, question: &str) -> Result<bool, Failure> {
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

/// Says on stderr that nothing was changed, and how it would be.
pub fn say_that_nothing_was_done() {
    anstream::eprintln!("Nothing was changed; --yes does it.");
}
