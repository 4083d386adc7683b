//! `events top`: a live screen.

mod sample;
mod screen;
mod state;
mod terminal;

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use crossterm::event::{Event as Input, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures::StreamExt as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use self::{
    sample::Sample,
    state::{Sort, State},
    terminal::Screen,
};
use crate::{connection::Connection, failure::Failure, output::Times, session::Session};

/// Show readers, their lag and rates, and dead letters on a live screen
///
/// Keys: q quits; p pauses; l, t, r, d, n sort by lag, lag in time, rate, dead letters, name; the same key again
/// reverses the order.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Time between two samples, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interval)]
    interval: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .ok_or_else(|| "must be 0.1 to 3600 seconds".to_owned())
}

/// Runs the verb until `q`.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::usage(
            "top needs a terminal; `events lag` prints the same data once",
        ));
    }
    let times = session.output()?.times;
    let connection = session.connect().await?;
    // The first sample is taken before the alternate screen, so that an error stays visible.
    let first = sample::take(&connection).await?;
    let mut state = State::new(first);
    let (sender, samples) = mpsc::channel(1);
    let interval = Duration::from_secs_f64(args.interval);
    let sampler = tokio::spawn(sample_loop(connection, interval, sender));
    let outcome = show(&mut state, samples, &times).await;
    sampler.abort();
    outcome
}

/// Runs as its own task, so that keys work while the server is slow or unavailable.
async fn sample_loop(
    connection: Connection,
    interval: Duration,
    sender: mpsc::Sender<Result<Sample, Failure>>,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if sender.send(sample::take(&connection).await).await.is_err() {
            return;
        }
    }
}

async fn show(
    state: &mut State,
    mut samples: mpsc::Receiver<Result<Sample, Failure>>,
    times: &Times,
) -> Result<(), Failure> {
    let (mut terminated, mut hung_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut screen = Screen::enter()?;
    let mut inputs = EventStream::new();
    loop {
        screen.draw(|frame| screen::draw(frame, state, times))?;
        tokio::select! {
            input = inputs.next() => match input {
                Some(Ok(Input::Key(key))) if key.kind != KeyEventKind::Release => match press(key) {
                    Some(Press::Quit) => return Ok(()),
                    Some(Press::Interrupt) => return Err(Failure::Interrupted),
                    Some(Press::Pause) => state.paused = !state.paused,
                    Some(Press::Sort(sort)) => state.sort_by(sort),
                    None => {}
                },
                // For example a resize.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Failure::usage(format!("the keys cannot be read: {error}"))),
                None => return Ok(()),
            },
            sample = samples.recv() => match sample {
                Some(Ok(sample)) => state.update(sample),
                Some(Err(failure @ Failure::NotPermitted(_))) => return Err(failure),
                Some(Err(failure)) => state.error = Some(failure.to_string()),
                None => return Ok(()),
            },
            _ = terminated.recv() => return Err(Failure::Interrupted),
            _ = hung_up.recv() => return Err(Failure::Interrupted),
        }
    }
}

/// The action of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Quit,
    Interrupt,
    Pause,
    Sort(Sort),
}

fn press(key: KeyEvent) -> Option<Press> {
    // The terminal does not translate keys to signals in raw mode.
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Press::Interrupt);
    }
    Some(match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Press::Quit,
        KeyCode::Char('p' | ' ') => Press::Pause,
        KeyCode::Char('l') => Press::Sort(Sort::Lag),
        KeyCode::Char('t') => Press::Sort(Sort::Time),
        KeyCode::Char('r') => Press::Sort(Sort::Rate),
        KeyCode::Char('d') => Press::Sort(Sort::DeadLetters),
        KeyCode::Char('n') => Press::Sort(Sort::Name),
        _ => return None,
    })
}
