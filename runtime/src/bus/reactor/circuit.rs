//! The circuit breaker of a consumer, without any I/O.
//!
//! Closed, it lets events through. After [`THRESHOLD`] transient failures without a success in between it opens: no
//! event is fetched until a delay has passed. Then it is half-open: events are fetched one at a time, until one
//! succeeds or none is pending, which closes the circuit, or one fails for the first time, which opens it again with a
//! longer delay.
//!
//! Only the first failure of an event counts. When an event fails again, that reveals nothing about the dependency: some
//! events that can never succeed (their document is unreadable, say) would keep the circuit open, since the server
//! redelivers them before it delivers anything new, and every probe would be spent on one of them.

use std::time::Duration;

use tokio::time::Instant;

/// So many transient failures in a row open the circuit.
const THRESHOLD: u32 = 5;
/// The first and the longest delay before the dependency is probed.
const FIRST_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(15);

/// Whether a consumer fetches events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CircuitState {
    /// Events are fetched.
    #[default]
    Closed,
    /// One event at a time is fetched, to see whether the dependency has recovered.
    HalfOpen,
    /// No event is fetched.
    Open,
}

/// What the handling of an event reveals about the dependencies of its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// They work.
    Success,
    /// They may have failed.
    FirstFailure,
    /// No event was pending: another replica has handled those that failed here, or they are not due yet.
    Quiet,
    /// Nothing: the event itself is at fault, or has failed before.
    None,
}

#[derive(Debug)]
pub(super) enum Circuit {
    Closed { failures: u32 },
    HalfOpen { openings: u32 },
    Open { openings: u32, until: Instant },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Circuit {
    pub(super) fn state(&self) -> CircuitState {
        match self {
            Self::Closed { .. } => CircuitState::Closed,
            Self::HalfOpen { .. } => CircuitState::HalfOpen,
            Self::Open { .. } => CircuitState::Open,
        }
    }

    /// When the dependency is to be probed, if the circuit is open.
    pub(super) fn open_until(&self) -> Option<Instant> {
        match self {
            Self::Open { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Takes note of how an event was handled.
    pub(super) fn record(&mut self, signal: Signal, now: Instant) {
        match (signal, &mut *self) {
            (Signal::Success, _) => *self = Self::default(),
            (Signal::FirstFailure, Self::Closed { failures }) => {
                *failures += 1;
                if *failures >= THRESHOLD {
                    *self = Self::opened(1, now);
                }
            }
            (Signal::FirstFailure, Self::HalfOpen { openings }) => *self = Self::opened(*openings + 1, now),
            // There is nothing to protect, and half-open it would report an error that is over.
            (Signal::Quiet, Self::HalfOpen { .. }) => *self = Self::default(),
            // Events that were in progress when it opened.
            (Signal::FirstFailure, Self::Open { .. }) | (Signal::Quiet | Signal::None, _) => {}
        }
    }

    /// Lets a probe through once the delay has passed.
    pub(super) fn probe(&mut self, now: Instant) {
        if let Self::Open { openings, until } = *self
            && now >= until
        {
            *self = Self::HalfOpen { openings };
        }
    }

    fn opened(openings: u32, now: Instant) -> Self {
        let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(openings - 1));
        Self::Open {
            openings,
            until: now + delay.min(MAX_DELAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(signals: &[Signal]) -> (Circuit, Instant) {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        for signal in signals {
            circuit.record(*signal, now);
        }
        (circuit, now)
    }

    #[test]
    fn failures_in_a_row_open_the_circuit() {
        use Signal::{FirstFailure, None, Success};
        let closed = [FirstFailure, FirstFailure, FirstFailure, FirstFailure];
        assert_eq!(after(&closed).0.state(), CircuitState::Closed);
        assert_eq!(
            after(&[&closed[..], &[None, FirstFailure]].concat()).0.state(),
            CircuitState::Open
        );
        assert_eq!(
            after(&[&closed[..], &[Success, FirstFailure]].concat()).0.state(),
            CircuitState::Closed
        );
        assert_eq!(after(&[None; 100]).0.state(), CircuitState::Closed);
    }

    #[test]
    fn a_probe_waits_for_the_delay_and_decides() {
        let (mut circuit, mut now) = after(&[Signal::FirstFailure; 5]);
        let mut delays = Vec::new();
        for _ in 0..8 {
            let until = circuit.open_until().unwrap();
            delays.push(until - now);
            circuit.probe(until - Duration::from_millis(1));
            assert_eq!(circuit.state(), CircuitState::Open);
            circuit.probe(until);
            assert_eq!(circuit.state(), CircuitState::HalfOpen);
            now = until;
            circuit.record(Signal::None, now);
            assert_eq!(
                circuit.state(),
                CircuitState::HalfOpen,
                "an event that failed before"
            );
            circuit.record(Signal::FirstFailure, now);
        }
        assert_eq!(
            (delays[0], delays[1], delays[7]),
            (FIRST_DELAY, FIRST_DELAY * 2, MAX_DELAY)
        );
        for healthy in [Signal::Success, Signal::Quiet] {
            let (mut circuit, _) = after(&[Signal::FirstFailure; 5]);
            circuit.record(Signal::Quiet, now);
            assert_eq!(circuit.state(), CircuitState::Open);
            circuit.probe(circuit.open_until().unwrap());
            circuit.record(healthy, now);
            assert_eq!(circuit.state(), CircuitState::Closed, "{healthy:?}");
        }
    }
}
