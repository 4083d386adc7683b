//! Runs the binary.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use serde_json::Value;

use testkit::{NatsServer, TIMEOUT};

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Asserts the exit code and returns itself.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Asserts success with nothing on stderr and returns stdout.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// Asserts success and returns each line of stdout as JSON.
    #[track_caller]
    pub fn lines(self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.ok().lines().map(parse).collect()
    }
}

/// The command with `args`, without a server. Its output is a pipe.
pub fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_events"));
    command
        .args(args)
        // No settings of the test's machine.
        .env_clear()
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("TZ", "UTC");
    command
}

/// The command with `args` on `nats`.
pub fn on(nats: &NatsServer, args: &[&str]) -> Command {
    let mut command = bare(args);
    command.env("NATS_URL", nats.url());
    command
}

/// Runs it to its end, on a blocking thread, so that services in the test continue.
pub async fn run(mut command: Command) -> Outcome {
    let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap());
    outcome(output.await.unwrap())
}

/// Runs it to its end with `input` on its stdin.
pub async fn run_with(mut command: Command, input: Vec<u8>) -> Outcome {
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin: ChildStdin = child.stdin.take().unwrap();
        // It may end without reading everything.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    });
    outcome(output.await.unwrap())
}

fn outcome(output: std::process::Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `events <args>` on `nats`.
pub async fn events(nats: &NatsServer, args: &[&str]) -> Outcome {
    run(on(nats, args)).await
}

/// A long-running command, such as `tail -f`.
pub struct Live {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Live {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line of stdout.
    pub fn line(&mut self) -> String {
        let line = self.lines.recv_timeout(TIMEOUT);
        line.unwrap_or_else(|_| panic!("no further line; stderr: {}", self.stop()))
    }

    /// The next line of stdout as JSON.
    pub fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// The next line, if there is one within `time`.
    pub fn line_within(&mut self, time: Duration) -> Option<String> {
        self.lines.recv_timeout(time).ok()
    }

    /// Its process id, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end and returns the exit code.
    pub fn wait(&mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Ends it and returns its stderr.
    pub fn stop(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut said).unwrap();
        }
        said
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop();
    }
}
