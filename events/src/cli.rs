//! The command line: one entry for each subcommand.

use clap::{Parser, Subcommand};

use crate::{connection, failure::Failure, output, session::Session, verbs};

/// Inspect, validate and repair the event log of Inkstream.
#[derive(Debug, Parser)]
#[command(name = "events", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 ok, 1 findings, 2 usage, 3 connection or permission, 4 not found, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    connection: connection::Args,
    #[command(flatten)]
    output: output::Args,
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// The failure, from which the exit code and the last line on stderr follow.
    pub async fn run(self) -> Result<(), Failure> {
        let session = Session::new(self.connection, self.output)?;
        self.verb.run(&session).await
    }
}

/// Defines the subcommands: each verb is a module in `verbs` with `Args` and `run(args, &session)`. The doc comment of
/// `Args` is the `--help` text of the verb.
macro_rules! verbs {
    ($($name:ident = $module:ident,)+) => {
        #[derive(Debug, Subcommand)]
        enum Verb { $($name(Box<verbs::$module::Args>),)+ }

        impl Verb {
            async fn run(self, session: &Session) -> Result<(), Failure> {
                match self { $(Self::$name(args) => verbs::$module::run(*args, session).await,)+ }
            }
        }
    };
}

verbs! {
    Types = types,
    Describe = describe,
    Schema = schema,
    Asyncapi = asyncapi,
    Tail = tail,
    Show = show,
    Trace = trace,
    History = history,
    Stats = stats,
    Top = top,
    Lag = lag,
    Graph = graph,
    Validate = validate,
    Dlq = dlq,
    Export = export,
    Import = import,
    Replay = replay,
    Resync = resync,
    Completions = completions,
    Man = man,
}
