//! Server processes that end with the test.

use std::{
    ffi::OsStr,
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

/// The port range of the tests: below 32,768, where Linux's ephemeral ports begin, so that no other process can take a
/// port between its choice and its use.
const PORTS: std::ops::Range<u16> = 10_240..32_000;

/// A free port, reserved for this process until it ends, so that a server may be restarted at its address.
///
/// # Panics
/// If there is none, or no folder for temporary files.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    // One folder per operating system user, because of its permissions.
    let user = std::env::var("USER").unwrap_or_default();
    let claims = std::env::temp_dir().join(format!("inkstream-test-ports-{user}"));
    std::fs::create_dir_all(&claims).unwrap_or_else(|error| panic!("{}: {error}", claims.display()));
    for _ in 0..1_000 {
        let port = rand::random_range(PORTS);
        let path = claims.join(port.to_string());
        let claim = File::create(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The process's end releases the lock.
        if claim.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            TAKEN.lock().unwrap_or_else(PoisonError::into_inner).push(claim);
            return port;
        }
    }
    panic!("no port of {PORTS:?} is free");
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
        // It may have ended already.
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
