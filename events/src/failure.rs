//! Why a run ended without success, and the exit code that says so.

use std::{error::Error, io, process::ExitCode};

use anstyle::{AnsiColor, Style};

/// Why a run ended without success.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something was found that should not be; what, stands on stdout. Exit code 1.
    #[error("")]
    Findings,
    /// The verb has said all itself and ends with this exit code, e.g. one of a monitoring system.
    #[error("")]
    Said(u8),
    /// The command line, or a file named there, cannot be used. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The server cannot be reached, or not any more. Exit code 3.
    #[error("{0}")]
    Connection(String),
    /// The server does not let this user do it; the subject, or what else was refused. Exit code 3.
    #[error("not permitted: {0}")]
    NotPermitted(String),
    /// What was asked for is not there. Exit code 4.
    #[error("{0}")]
    NotFound(String),
    /// Ended by Ctrl-C. Exit code 130.
    #[error("")]
    Interrupted,
    /// Whoever read standard output has gone, as `head` does: no failure at all. Exit code 0.
    #[error("")]
    ClosedPipe,
}

impl Failure {
    /// A wrong command line, or file named there.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// `what` could not be done because of the server, with the chain of causes.
    pub fn connection(what: &str, error: &(dyn Error + 'static)) -> Self {
        Self::Connection(format!("{what}: {}", chain(error)))
    }

    /// Says it on stderr and gives the exit code.
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
            Self::Said(code) => *code,
            Self::Usage(_) => 2,
            Self::Connection(_) | Self::NotPermitted(_) => 3,
            Self::NotFound(_) => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<io::Error> for Failure {
    /// An error of standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Usage(format!("standard output cannot be written: {error}")),
        }
    }
}

/// Tells the person at the terminal something that is no result: on stderr, coloured if that is a terminal.
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
