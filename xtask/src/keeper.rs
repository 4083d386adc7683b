//! Keeps one child running: starts it, tells when it is ready, starts it again when it dies, ends it on
//! request. Decides nothing about the others; [`crate::supervisor`] does.

use crate::{
    child::{self, Spec},
    places::Places,
};
use std::time::{Duration, Instant};
use tokio::{
    process::Child,
    sync::{mpsc, watch},
    time,
};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// How often it is seen whether a part that was stopped may run again.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// After this long a death is taken for a new trouble, and the delay begins anew.
const SETTLED: Duration = Duration::from_secs(60);

/// What becomes of a child.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Started {
        name: String,
        pid: u32,
    },
    Ready {
        name: String,
    },
    Died {
        name: String,
        how: String,
        again_in: Duration,
    },
    /// Ended because it was asked to, and stays so until it is asked to run again.
    Held {
        name: String,
    },
    /// Not even started.
    Refused {
        name: String,
        why: String,
    },
}

/// What is wanted of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Running,
    Ended,
    Killed,
}

/// Runs until the child is no longer wanted and has ended.
pub async fn keep(
    spec: Spec,
    places: Places,
    mut wanted: watch::Receiver<Wanted>,
    tell: mpsc::Sender<Event>,
) {
    let log = places.log(&spec.name);
    let mut delay = FIRST_DELAY;
    loop {
        if places.held(&spec.name).exists() {
            let name = spec.name.clone();
            tell.send(Event::Held { name }).await.ok();
            tokio::select! {
                () = let_go(&places, &spec.name) => {}
                _ = wanted.wait_for(|wanted| *wanted != Wanted::Running) => return,
            }
        }
        let began = Instant::now();
        match spec.start(&places, &log) {
            Ok(mut child) => {
                let pid = child.id().unwrap_or_default();
                tell.send(Event::Started {
                    name: spec.name.clone(),
                    pid,
                })
                .await
                .ok();
                let Some(how) = attend(&spec, &mut child, &mut wanted, &tell).await else {
                    return;
                };
                if began.elapsed() > SETTLED {
                    delay = FIRST_DELAY;
                }
                if places.held(&spec.name).exists() {
                    continue;
                }
                tell.send(Event::Died {
                    name: spec.name.clone(),
                    how,
                    again_in: delay,
                })
                .await
                .ok();
            }
            Err(error) => {
                let why = format!("{error:#}");
                tell.send(Event::Refused {
                    name: spec.name.clone(),
                    why,
                })
                .await
                .ok();
            }
        }
        tokio::select! {
            () = time::sleep(delay) => {}
            _ = wanted.wait_for(|wanted| *wanted != Wanted::Running) => return,
        }
        delay = (delay * 2).min(LONGEST_DELAY);
    }
}

async fn let_go(places: &Places, name: &str) {
    while places.held(name).exists() {
        time::sleep(LOOK_EVERY).await;
    }
}

/// Stays with one running child. Gives how it died, or None if it was ended on request.
async fn attend(
    spec: &Spec,
    child: &mut Child,
    wanted: &mut watch::Receiver<Wanted>,
    tell: &mpsc::Sender<Event>,
) -> Option<String> {
    let ready = async {
        spec.ready.wait().await;
        tell.send(Event::Ready {
            name: spec.name.clone(),
        })
        .await
        .ok();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        status = child.wait() => {
            return Some(status.map_or_else(|error| error.to_string(), child::how_it_ended));
        }
        _ = wanted.wait_for(|wanted| *wanted != Wanted::Running) => {}
        () = ready => {}
    }
    tokio::select! {
        ended = child::stop(child) => {
            if !ended {
                eprintln!("{} did not end within {} s and was killed", spec.name, child::GRACE.as_secs());
            }
            return None;
        }
        _ = wanted.wait_for(|wanted| *wanted == Wanted::Killed) => {}
    }
    child::kill(child).await;
    None
}
