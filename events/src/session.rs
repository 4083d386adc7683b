//! What every verb is given: how to reach the server, and how to say what it found.

use crate::{
    connection::{self, Connection},
    failure::Failure,
    output::{self, Format, Output},
};

/// One run of the command.
#[derive(Debug)]
pub struct Session {
    connection: connection::Args,
    output: output::Settings,
}

impl Session {
    /// Takes the global arguments.
    ///
    /// # Errors
    /// If they contradict each other.
    pub fn new(connection: connection::Args, output: output::Args) -> Result<Self, Failure> {
        Ok(Self {
            connection,
            output: output.settings()?,
        })
    }

    /// Connects to the server. Verbs that need none never call it.
    ///
    /// # Errors
    /// If the server is away, refuses, or the context cannot be read.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        self.connection.connect().await
    }

    /// Standard output in the format that was asked for. One at a time: it holds the lock.
    ///
    /// # Errors
    /// If the template is wrong.
    pub fn output(&self) -> Result<Output, Failure> {
        Output::new(&self.output)
    }

    /// The same in `format`, whatever was asked for.
    ///
    /// # Errors
    /// If the template is wrong.
    pub fn output_in(&self, format: Format) -> Result<Output, Failure> {
        Output::new(&self.output.in_format(format))
    }
}
