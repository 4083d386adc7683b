//! The connection options.

use std::path::PathBuf;

/// How to reach the server. What is not given here comes from the context of the `nats` command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
#[group(skip)]
pub struct Args {
    /// Addresses of the servers, separated by commas [default: nats://127.0.0.1:4222]
    #[arg(
        long,
        short,
        global = true,
        value_name = "URL",
        env = "NATS_URL",
        hide_env_values = true
    )]
    pub(super) server: Option<String>,
    /// File with a JWT and its seed
    #[arg(long, global = true, value_name = "FILE", env = "NATS_CREDS")]
    pub(super) creds: Option<PathBuf>,
    /// File with the seed of an nkey
    #[arg(long, global = true, value_name = "FILE", env = "NATS_NKEY")]
    pub(super) nkey: Option<PathBuf>,
    /// File with the certificates that the server's is to be checked with
    #[arg(long, global = true, value_name = "FILE", env = "NATS_CA")]
    pub(super) tlsca: Option<PathBuf>,
    /// Prefix of the subjects on which answers come, where the account has one of its own: `_INBOX_operator`
    #[arg(long, global = true, value_name = "PREFIX", env = "NATS_INBOX_PREFIX")]
    pub(super) inbox_prefix: Option<String>,
    /// Context of the `nats` command, instead of the one selected there
    #[arg(long, global = true, value_name = "NAME", env = "NATS_CONTEXT")]
    pub(super) context: Option<String>,
}
