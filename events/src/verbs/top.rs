//! `events top`: the live screen.

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

/// Watch readers, their lag and rates, and dead letters on a live screen
///
/// Keys: q quits; p holds the picture; l, t, r, d, n sort by lag, time behind, rate, dead letters, name; the same key
/// again turns the order around.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Time between two looks at the server, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interval)]
    interval: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .ok_or_else(|| "takes 0.1 to 3600 seconds".to_owned())
}

/// Shows it until `q`.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::usage(
            "top needs a terminal; `events lag` says the same once, to any reader",
        ));
    }
    let times = session.output()?.times;
    let connection = session.connect().await?;
    // The first look is before the screen is taken: what goes wrong is said where it stays.
    let first = sample::take(&connection).await?;
    let mut state = State::new(first);
    let (sender, samples) = mpsc::channel(1);
    let interval = Duration::from_secs_f64(args.interval);
    let sampler = tokio::spawn(sample_for_ever(connection, interval, sender));
    let outcome = show(&mut state, samples, &times).await;
    sampler.abort();
    outcome
}

/// On a task of its own, so that keys are heard while the server is slow or away.
async fn sample_for_ever(
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
    let mut screen = Screen::take()?;
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
                // Another size, say.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Failure::usage(format!("the keys cannot be read: {error}"))),
                None => return Ok(()),
            },
            sample = samples.recv() => match sample {
                Some(Ok(sample)) => state.see(sample),
                Some(Err(failure @ Failure::NotPermitted(_))) => return Err(failure),
                Some(Err(failure)) => state.trouble = Some(failure.to_string()),
                None => return Ok(()),
            },
            _ = terminated.recv() => return Err(Failure::Interrupted),
            _ = hung_up.recv() => return Err(Failure::Interrupted),
        }
    }
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Quit,
    Interrupt,
    Pause,
    Sort(Sort),
}

fn press(key: KeyEvent) -> Option<Press> {
    // The terminal does not make signals of keys while the screen is ours.
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
