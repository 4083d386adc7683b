//! Server processes that end with the test.

use std::{
    ffi::OsStr,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A port that was free a moment ago.
///
/// # Panics
/// If the machine has none.
pub fn free_port() -> u16 {
    let listener =
        TcpListener::bind(("127.0.0.1", 0)).unwrap_or_else(|error| panic!("no free port: {error}"));
    listener
        .local_addr()
        .unwrap_or_else(|error| panic!("no local address: {error}"))
        .port()
}

/// The program that the environment variable names.
pub(super) fn program(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{variable} is not set; run the tests with `cargo xtask test`"))
}

/// A child process, killed on drop.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start<A: AsRef<OsStr>>(program: &PathBuf, args: impl IntoIterator<Item = A>) -> Self {
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display())))
    }

    /// Kills it and waits for its end.
    pub(super) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
