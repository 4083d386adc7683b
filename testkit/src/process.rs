//! Server processes that end with the test.

use std::{
    ffi::OsStr,
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

/// Where tests take their ports from: below 32,768, where Linux begins to give ports to outgoing connections and
/// to listeners that ask for any, so that nobody takes one between its choice and its use.
const PORTS: std::ops::Range<u16> = 10_240..32_000;

/// A port nobody listens on, and that no other test gets before this process ends, so that a server may be stopped
/// and started again at its address.
///
/// # Panics
/// If the machine has none, or no folder for temporary files.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    // Each user's own: nobody can write in another's.
    let user = std::env::var("USER").unwrap_or_default();
    let claims = std::env::temp_dir().join(format!("inkstream-test-ports-{user}"));
    std::fs::create_dir_all(&claims).unwrap_or_else(|error| panic!("{}: {error}", claims.display()));
    for _ in 0..1_000 {
        let port = rand::random_range(PORTS);
        let path = claims.join(port.to_string());
        let claim = File::create(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The lock goes with the process, however that ends.
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
