//! Failures of a run and their exit codes.

use std::{error::Error, io, process::ExitCode};

use anstyle::{AnsiColor, Style};

/// Why a run ended without success.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The checks have findings, which are on stdout. Exit code 1.
    #[error("")]
    Findings,
    /// The verb has printed its result and ends with this exit code, e.g. that of a monitoring plugin.
    #[error("")]
    ExitCode(u8),
    /// The command line, or a file that it names, is invalid. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The server is unavailable, or the connection was lost. Exit code 3.
    #[error("{0}")]
    Connection(String),
    /// The server denied an operation: the subject or the operation. Exit code 3.
    #[error("not permitted: {0}")]
    NotPermitted(String),
    /// The requested item does not exist. Exit code 4.
    #[error("{0}")]
    NotFound(String),
    /// Interrupted by Ctrl-C. Exit code 130.
    #[error("")]
    Interrupted,
    /// The reader of standard output closed the pipe, as `head` does, which is no failure. Exit code 0.
    #[error("")]
    ClosedPipe,
}

impl Failure {
    /// An invalid command line, or file that it names.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// The operation `what` failed at the server, with the chain of causes.
    pub fn connection(what: &str, error: &(dyn Error + 'static)) -> Self {
        Self::Connection(format!("{what}: {}", chain(error)))
    }

    /// Prints the failure on stderr and returns its exit code.
    pub fn report(&self) -> ExitCode {
        let message = self.to_string();
        if !message.is_empty() {
            note("error", AnsiColor::Red, &message);
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Findings => 1,
            Self::ExitCode(code) => *code,
            Self::Usage(_) => 2,
            Self::Connection(_) | Self::NotPermitted(_) => 3,
            Self::NotFound(_) => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<io::Error> for Failure {
    /// An error of writing to standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Usage(format!("standard output cannot be written: {error}")),
        }
    }
}

/// Prints a warning on stderr, coloured if that is a terminal.
pub fn warn(message: &str) {
    note("warning", AnsiColor::Yellow, message);
}

fn note(kind: &str, colour: AnsiColor, message: &str) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    anstream::eprintln!("{style}{kind}:{style:#} {message}");
}

/// An error with all its causes, each once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
