//! Runs the processes of a platform in stages: starts them, restarts those that exit, stops all in reverse order.
//!
//! While the platform starts, the exit of a process ends the start with the reason. After that a process that
//! exits is reported and restarted, with a growing delay: losing one must not stop the others, and killing one on
//! purpose is a legitimate experiment.

use crate::{
    paths::Paths,
    process::{self, Spec},
    progress::Progress,
    state::{self, Entry, Phase, State},
};
use anyhow::bail;
use std::{fs, future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

/// Generous: on a busy machine a start takes several times as long, and a process that fails is noticed at once.
const START_TIMEOUT: Duration = Duration::from_secs(300);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// After running for this long, an exit counts as a new problem and the delay starts over.
const STABLE_AFTER: Duration = Duration::from_secs(60);
const STOPPED_POLL_INTERVAL: Duration = Duration::from_millis(50);
const TAIL: usize = 15;

#[derive(Debug)]
pub struct Supervisor {
    shared: Arc<Shared>,
    stages: Vec<Stage>,
    kill: CancellationToken,
}

#[derive(Debug, Default)]
struct Stage {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// What the tasks share: the state, which is written to the state file with every change.
#[derive(Debug)]
struct Shared {
    paths: Paths,
    progress: Progress,
    state: watch::Sender<State>,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
        if let Err(error) = state::write(&self.paths, &self.state.borrow()) {
            self.progress.report(format_args!("{error:#}"));
        }
    }

    fn change_child(&self, name: &str, change: impl FnOnce(&mut Entry)) {
        self.change(|state| {
            let mut children = state.children.iter_mut();
            children.find(|entry| entry.name == name).map(change);
        });
    }

    /// Reports what happens to a running platform. While it starts or stops, an exit is no news.
    fn report(&self, text: std::fmt::Arguments<'_>) {
        if self.state.borrow().phase == Phase::Ready {
            self.progress.report(text);
        }
    }
}

impl Supervisor {
    pub fn new(paths: &Paths, progress: &Progress, state: State) -> Self {
        let shared = Shared {
            paths: paths.clone(),
            progress: *progress,
            state: watch::Sender::new(state),
        };
        Self {
            shared: Arc::new(shared),
            stages: Vec::new(),
            kill: CancellationToken::new(),
        }
    }

    /// Starts a stage and waits until each of its processes is ready.
    pub async fn start(&mut self, specs: Vec<Spec>) -> anyhow::Result<()> {
        let mut changes = self.shared.state.subscribe();
        let mut stage = Stage::default();
        for spec in specs {
            // The log of the previous run stays as `<name>.log.old`.
            let log = self.shared.paths.log(&spec.name);
            fs::rename(&log, log.with_extension("log.old")).ok();
            let entry = Entry {
                name: spec.name.clone(),
                program: spec.program.clone(),
                port: spec.port,
                pid: None,
                ready: false,
                restarts: 0,
                failure: None,
            };
            self.shared.change(|state| state.children.push(entry));
            let supervised = Supervised {
                spec,
                shared: self.shared.clone(),
                stop: stage.stop.clone(),
                kill: self.kill.clone(),
            };
            stage.tasks.spawn(supervised.run());
        }
        self.stages.push(stage);
        let failed = |state: &State| {
            state
                .children
                .iter()
                .find(|entry| entry.failure.is_some())
                .cloned()
        };
        let settled = changes
            .wait_for(|state| failed(state).is_some() || state.children.iter().all(|entry| entry.ready));
        let in_time = time::timeout(START_TIMEOUT, settled).await.is_ok();
        let state = self.shared.state.borrow();
        let tail = |name: &str| process::tail(&self.shared.paths.log(name), TAIL);
        if let Some(Entry { name, failure, .. }) = failed(&state) {
            let (how, tail) = (failure.unwrap_or_default(), tail(&name));
            bail!("{name} exited while starting ({how}). Its log ends with:\n{tail}");
        }
        if let Some(late) = state.children.iter().find(|entry| !entry.ready && !in_time) {
            let (name, seconds, tail) = (&late.name, START_TIMEOUT.as_secs(), tail(&late.name));
            bail!("{name} is not ready after {seconds} s. Its log ends with:\n{tail}");
        }
        Ok(())
    }

    /// Declares the platform ready.
    pub fn ready(&self) {
        self.shared.change(|state| state.phase = Phase::Ready);
    }

    /// Stops every process, the last stage first; within a stage all at once. When `hurry` completes, the
    /// processes that still run are killed.
    pub async fn stop(mut self, hurry: impl Future<Output = ()>) {
        self.shared.change(|state| state.phase = Phase::Stopping);
        let orderly = async {
            while let Some(stage) = self.stages.pop() {
                stage.stop.cancel();
                stage.tasks.join_all().await;
            }
        };
        tokio::pin!(orderly);
        tokio::select! {
            () = &mut orderly => {}
            () = hurry => {
                self.kill.cancel();
                orderly.await;
            }
        }
    }
}

/// One process under supervision.
#[derive(Debug)]
struct Supervised {
    spec: Spec,
    shared: Arc<Shared>,
    stop: CancellationToken,
    kill: CancellationToken,
}

impl Supervised {
    /// Keeps the process running until the supervisor stops it.
    async fn run(self) {
        let (name, mut delay) = (&self.spec.name, FIRST_DELAY);
        while !self.stop.is_cancelled() {
            let began = Instant::now();
            let Some(how) = self.run_once().await else { return };
            let stopped = self.shared.paths.stopped(name);
            if stopped.exists() {
                self.shared
                    .change_child(name, |entry| (entry.pid, entry.ready) = (None, false));
                self.shared
                    .report(format_args!("{name} is stopped, as requested"));
                let restart = async {
                    while stopped.exists() {
                        time::sleep(STOPPED_POLL_INTERVAL).await;
                    }
                };
                self.stop.run_until_cancelled(restart).await;
                continue;
            }
            if began.elapsed() > STABLE_AFTER {
                delay = FIRST_DELAY;
            }
            let (seconds, tail) = (
                delay.as_secs_f32(),
                process::tail(&self.shared.paths.log(name), TAIL),
            );
            self.shared.report(format_args!(
                "{name} exited ({how}); restarting it in {seconds} s. Its log ends with:\n{tail}"
            ));
            self.shared.change_child(name, |entry| {
                (entry.pid, entry.ready, entry.failure) = (None, false, Some(how));
                entry.restarts += 1;
            });
            self.stop.run_until_cancelled(time::sleep(delay)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
    }

    /// Starts the process and waits until it exits; returns how. `None`: the supervisor stopped it.
    async fn run_once(&self) -> Option<String> {
        let name = &self.spec.name;
        let mut child = match self.spec.start(&self.shared.paths) {
            Ok(child) => child,
            Err(error) => return Some(format!("{error:#}")),
        };
        self.shared.change_child(name, |entry| entry.pid = child.id());
        let report_ready = async {
            self.spec.ready.wait().await;
            self.shared.change_child(name, |entry| entry.ready = true);
            self.shared.report(format_args!("{name} is ready again"));
            pending::<()>().await;
        };
        tokio::select! {
            status = child.wait() => {
                return Some(status.map_or_else(|error| error.to_string(), process::describe));
            }
            () = self.stop.cancelled() => {}
            () = report_ready => {}
        }
        if self
            .kill
            .run_until_cancelled(process::stop(&mut child))
            .await
            .is_none()
        {
            process::kill(&mut child).await;
        }
        None
    }
}
