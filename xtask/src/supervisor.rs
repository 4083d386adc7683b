//! Runs the platform's children in stages: starts them, restarts those that die, ends all in reverse.
//!
//! While the platform starts, a child's death ends the start with the reason. After that a child that dies is
//! reported and started again, first after half a second, then ever later up to half a minute: losing one
//! part must not take the others away, and killing a part on purpose is a fair thing to try.

use crate::{
    child::{self, Spec},
    keeper::{self, Event, Wanted},
    places::Places,
    plan::Plan,
    progress::Progress,
    state::{self, Entry, Phase, State},
};
use anyhow::bail;
use std::{fs, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{self, Instant},
};

const START_DEADLINE: Duration = Duration::from_secs(60);
const EVENTS: usize = 64;
const TAIL: usize = 15;

#[derive(Debug)]
pub struct Supervisor {
    places: Places,
    progress: Progress,
    state: State,
    stages: Vec<Vec<Kept>>,
    tell: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
}

#[derive(Debug)]
struct Kept {
    wanted: watch::Sender<Wanted>,
    task: JoinHandle<()>,
}

impl Supervisor {
    pub fn new(plan: &Plan, progress: &Progress) -> Self {
        let (tell, events) = mpsc::channel(EVENTS);
        let state = State {
            pid: std::process::id(),
            url: plan.url(),
            port_offset: plan.ports.offset,
            release: plan.release,
            ..State::default()
        };
        Self {
            places: plan.places.clone(),
            progress: *progress,
            state,
            stages: Vec::new(),
            tell,
            events,
        }
    }

    /// Starts a stage and waits until each of its children is ready.
    pub async fn start(&mut self, stage: Vec<(Spec, u16)>) -> anyhow::Result<()> {
        let mut kept = Vec::new();
        for (spec, port) in stage {
            keep_last_log(&self.places, &spec.name);
            let (name, program) = (spec.name.clone(), spec.program.clone());
            self.state.children.push(Entry {
                name,
                program,
                port,
                pid: None,
                ready: false,
                restarts: 0,
            });
            let (wanted, receiver) = watch::channel(Wanted::Running);
            let task = tokio::spawn(keeper::keep(
                spec,
                self.places.clone(),
                receiver,
                self.tell.clone(),
            ));
            kept.push(Kept { wanted, task });
        }
        self.stages.push(kept);
        self.until_ready().await
    }

    async fn until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        while let Some(waiting) = self.state.children.iter().find(|entry| !entry.ready) {
            let waiting = waiting.name.clone();
            let Ok(event) = time::timeout_at(deadline, self.events.recv()).await else {
                let (log, seconds) = (self.places.log(&waiting), START_DEADLINE.as_secs());
                let tail = child::tail(&log, TAIL);
                bail!(
                    "{waiting} is not ready after {seconds} s. Its log ends with:\n{tail}  ({})",
                    log.display()
                );
            };
            let Some(event) = event else {
                bail!("nothing is left to wait for")
            };
            self.note(&event)?;
            match event {
                Event::Died { name, how, .. } => {
                    let log = self.places.log(&name);
                    let tail = child::tail(&log, TAIL);
                    bail!(
                        "{name} ended while starting ({how}). Its log ends with:\n{tail}  ({})",
                        log.display()
                    );
                }
                Event::Refused { why, .. } => bail!(why),
                Event::Held { name } => bail!("{name} is to stay stopped"),
                Event::Started { .. } | Event::Ready { .. } => {}
            }
        }
        Ok(())
    }

    /// Declares the platform ready and goes on reporting what happens to it. Never returns.
    pub async fn watch(&mut self) -> anyhow::Result<std::convert::Infallible> {
        self.state.phase = Phase::Ready;
        state::write(&self.places, &self.state)?;
        while let Some(event) = self.events.recv().await {
            self.note(&event)?;
            match event {
                Event::Died { name, how, again_in } => {
                    let tail = child::tail(&self.places.log(&name), TAIL);
                    let wait = again_in.as_secs_f32();
                    self.progress.say(format_args!(
                        "{name} died ({how}); starting it again in {wait} s. Its log ends with:"
                    ));
                    print!("{tail}");
                }
                Event::Refused { name, why } => {
                    self.progress.say(format_args!("{name} cannot be started: {why}"))
                }
                Event::Held { name } => self.progress.say(format_args!("{name} is stopped, as asked for")),
                Event::Ready { name } => self.progress.say(format_args!("{name} is ready again")),
                Event::Started { .. } => {}
            }
        }
        bail!("nothing is left to watch")
    }

    fn note(&mut self, event: &Event) -> anyhow::Result<()> {
        let (Event::Started { name, .. }
        | Event::Ready { name }
        | Event::Died { name, .. }
        | Event::Held { name }
        | Event::Refused { name, .. }) = event;
        if let Some(entry) = self.state.children.iter_mut().find(|entry| entry.name == *name) {
            match event {
                Event::Started { pid, .. } => entry.pid = Some(*pid),
                Event::Ready { .. } => entry.ready = true,
                Event::Died { .. } => {
                    (entry.pid, entry.ready) = (None, false);
                    entry.restarts += 1;
                }
                Event::Held { .. } => (entry.pid, entry.ready) = (None, false),
                Event::Refused { .. } => {}
            }
        }
        state::write(&self.places, &self.state)
    }

    /// Ends every child, the last stage first; within a stage all at once. `hurry` completes when the
    /// developer has lost patience: what still runs is then killed.
    pub async fn stop(mut self, hurry: impl Future<Output = ()>) {
        self.state.phase = Phase::Stopping;
        state::write(&self.places, &self.state).ok();
        // Nobody listens any more, and a full channel must not hold a keeper up.
        self.events.close();
        let senders: Vec<_> = self
            .stages
            .iter()
            .flatten()
            .map(|kept| kept.wanted.clone())
            .collect();
        let orderly = async {
            while let Some(stage) = self.stages.pop() {
                for kept in &stage {
                    kept.wanted.send_if_modified(|wanted| {
                        let running = *wanted == Wanted::Running;
                        if running {
                            *wanted = Wanted::Ended;
                        }
                        running
                    });
                }
                for kept in stage {
                    kept.task.await.ok();
                }
            }
        };
        tokio::pin!(orderly);
        tokio::select! {
            () = &mut orderly => {}
            () = hurry => {
                for wanted in &senders {
                    wanted.send_replace(Wanted::Killed);
                }
                orderly.await;
            }
        }
    }
}

/// The log of the run before stays as `<name>.log.old`.
fn keep_last_log(places: &Places, name: &str) {
    let log = places.log(name);
    fs::rename(&log, log.with_extension("log.old")).ok();
}
