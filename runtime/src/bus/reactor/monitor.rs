//! What a consumer is doing: its circuit, for its own loop, and its status, for logs, metrics and `/readyz`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::watch, time::Instant};

use super::circuit::{Circuit, CircuitState, Signal};

/// What a consumer is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Whether it fetches events.
    pub circuit: CircuitState,
    /// Why it does not consume: the last error of its handler or of the bus.
    pub problem: Option<String>,
}

impl ConsumerStatus {
    /// Nothing, or why it does not consume.
    ///
    /// # Errors
    /// If the circuit is not closed, or the consumer cannot be opened.
    pub fn check(&self) -> Result<(), String> {
        let problem = self.problem.as_deref().unwrap_or("unknown");
        match self.circuit {
            CircuitState::Closed => self.problem.clone().map_or(Ok(()), Err),
            CircuitState::HalfOpen => Err(format!("circuit half-open: {problem}")),
            CircuitState::Open => Err(format!("circuit open: {problem}")),
        }
    }
}

#[derive(Debug)]
pub(super) struct Monitor {
    consumer: &'static str,
    circuit: Mutex<Circuit>,
    status: watch::Sender<ConsumerStatus>,
}

impl Monitor {
    pub(super) fn new(consumer: &'static str) -> Self {
        Self {
            consumer,
            circuit: Mutex::default(),
            status: watch::Sender::default(),
        }
    }

    pub(super) fn status(&self) -> watch::Receiver<ConsumerStatus> {
        self.status.subscribe()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.circuit().state() == CircuitState::Closed
    }

    /// The state of the circuit, half-open once its delay has passed, and if it is open until when.
    pub(super) fn next_step(&self) -> (CircuitState, Option<Instant>) {
        let mut circuit = self.circuit();
        let before = circuit.state();
        circuit.probe(Instant::now());
        self.report(before, circuit.state(), None);
        (circuit.state(), circuit.open_until())
    }

    /// Records how an event was handled, with the error of the handler.
    pub(super) fn record(&self, signal: Signal, error: Option<String>) {
        let mut circuit = self.circuit();
        let before = circuit.state();
        circuit.record(signal, Instant::now());
        self.report(before, circuit.state(), error);
    }

    /// Records that the consumer is open on the server.
    pub(super) fn opened(&self) {
        gauge(self.consumer, self.circuit().state());
        self.status
            .send_if_modified(|status| status.problem.take().is_some());
    }

    /// Records why the consumer cannot be opened or was interrupted. Each reason is logged once: the consumer is opened
    /// again twice a second.
    pub(super) fn interrupted(&self, problem: String) {
        self.status.send_if_modified(|status| {
            let is_new = status.problem.as_ref() != Some(&problem);
            if is_new {
                tracing::warn!(
                    consumer = self.consumer,
                    error = problem,
                    "the consumer is interrupted"
                );
                status.problem = Some(problem);
            }
            is_new
        });
    }

    fn report(&self, before: CircuitState, after: CircuitState, error: Option<String>) {
        if before == after {
            return;
        }
        let consumer = self.consumer;
        gauge(consumer, after);
        match after {
            CircuitState::Closed => {
                tracing::info!(consumer, "the circuit is closed; events are fetched again")
            }
            CircuitState::HalfOpen => {
                tracing::debug!(consumer, "the circuit is half-open; probing with one event")
            }
            CircuitState::Open => {
                tracing::warn!(consumer, error, "the circuit is open; no events are fetched")
            }
        }
        self.status.send_modify(|status| {
            status.circuit = after;
            match after {
                CircuitState::Closed => status.problem = None,
                CircuitState::HalfOpen => {}
                CircuitState::Open => status.problem = error,
            }
        });
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gauge(consumer: &'static str, state: CircuitState) {
    let value = match state {
        CircuitState::Closed => 0.0,
        CircuitState::HalfOpen => 1.0,
        CircuitState::Open => 2.0,
    };
    metrics::gauge!("consumer_circuit_state", "consumer" => consumer).set(value);
}
