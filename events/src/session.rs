//! The connection and output options of a run.

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
    /// Creates a session from the global arguments.
    ///
    /// # Errors
    /// If they contradict each other.
    pub fn new(connection: connection::Args, output: output::Args) -> Result<Self, Failure> {
        Ok(Self {
            connection,
            output: output.settings()?,
        })
    }

    /// Connects to the server, for verbs that need it.
    ///
    /// # Errors
    /// If the server is unavailable, refuses the connection, or the context cannot be read.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        self.connection.connect().await
    }

    /// Standard output in the selected format.
    ///
    /// # Errors
    /// If the template is invalid.
    pub fn output(&self) -> Result<Output, Failure> {
        Output::new(&self.output)
    }

    /// Standard output in `format`.
    ///
    /// # Errors
    /// If the template is invalid.
    pub fn output_in(&self, format: Format) -> Result<Output, Failure> {
        Output::new(&self.output.in_format(format))
    }
}
