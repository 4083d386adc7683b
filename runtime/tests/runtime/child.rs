//! Processes for tests that end or stall one: an ignored test of this program.

use tokio::process::Command;

/// A command that runs the ignored test `name` in a process of its own, which ends with the test that started it.
pub fn command(name: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .kill_on_drop(true);
    command
}
