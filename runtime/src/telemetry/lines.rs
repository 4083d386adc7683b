//! Log lines on their way out: gathered in memory, and written by a thread of its own, so that no request pays for a
//! system call or waits for whoever reads the log.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// More than this does not wait: who logs then waits instead, so that memory is bounded and no line is lost.
const MAX_WAITING_BYTES: usize = 4 * 1024 * 1024;
/// How long lines are gathered: a busy process writes so often at most.
const GATHERING: Duration = Duration::from_millis(5);

/// Where log lines are put.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or nothing will come any more.
    wake: Condvar,
    /// What waited is written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// Something is taken out of `waiting` and not yet written.
    writing: bool,
    /// Lines that come now are written at once.
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes until it is closed.
    fn write_to(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
            let waited = self.wake.wait_while(self.state(), idle);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            if state.waiting.is_empty() {
                return;
            }
            mem::swap(&mut state.waiting, &mut lines);
            state.writing = true;
            drop(state);
            // A log that cannot be written is no reason to stop.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            let mut state = self.state();
            state.writing = false;
            self.written.notify_all();
            let gathering = |state: &mut State| !state.closed;
            drop(self.wake.wait_timeout_while(state, GATHERING, gathering));
        }
    }
}

impl Lines {
    /// Starts the thread that writes to `out`. Without one, lines are written as they come.
    pub(super) fn to(out: impl Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let started = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writer.write_to(out));
        shared.state().closed = started.is_err();
        Self { shared }
    }

    /// Writes what waits, for at most `limit`; what comes later is written as it comes.
    pub(super) fn close(&self, limit: Duration) {
        let mut state = self.shared.state();
        state.closed = true;
        self.shared.wake.notify_one();
        let left = |state: &mut State| state.writing || !state.waiting.is_empty();
        drop(self.shared.written.wait_timeout_while(state, limit, left));
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let full = |state: &mut State| state.waiting.len() >= MAX_WAITING_BYTES && !state.closed;
        let waited = self.shared.written.wait_while(self.shared.state(), full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            drop(state);
            io::stdout().write_all(line)?;
            return Ok(line.len());
        }
        if state.waiting.is_empty() {
            self.shared.wake.notify_one();
        }
        state.waiting.extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> &'a Lines {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Tells what is written to it, and takes its time.
    struct Slow(mpsc::Sender<Vec<u8>>, mpsc::Receiver<()>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(bytes.to_vec());
            let _ = self.1.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_come_while_others_are_written_go_out_together_and_in_order() {
        let (told, written) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let lines = Lines::to(Slow(told, wait));
        (&lines).write_all(b"1\n").unwrap();
        assert_eq!(written.recv().unwrap(), b"1\n");
        for line in ["2\n", "3\n", "4\n"] {
            (&lines).write_all(line.as_bytes()).unwrap();
        }
        go_on.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), b"2\n3\n4\n");
        drop(go_on);
        lines.close(Duration::from_secs(10));
    }

    #[test]
    fn closing_writes_what_waits() {
        let (told, written) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        drop(go_on);
        let lines = Lines::to(Slow(told, wait));
        for _ in 0..100 {
            (&lines).write_all(b"a line\n").unwrap();
        }
        lines.close(Duration::from_secs(10));
        let bytes: Vec<u8> = written.try_iter().flatten().collect();
        assert_eq!(bytes, b"a line\n".repeat(100));
    }

    #[test]
    fn when_too_much_waits_whoever_logs_waits_and_nothing_is_lost() {
        let (told, written) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let lines = Lines::to(Slow(told, wait));
        let big = vec![b'x'; MAX_WAITING_BYTES];
        (&lines).write_all(&big).unwrap();
        assert_eq!(written.recv().unwrap().len(), big.len());
        (&lines).write_all(&big).unwrap();
        let late = lines.clone();
        let waiting = thread::spawn(move || (&late).write_all(b"late\n").unwrap());
        drop(go_on);
        waiting.join().unwrap();
        lines.close(Duration::from_secs(10));
        let bytes: Vec<u8> = written.try_iter().flatten().collect();
        assert!(bytes.len() == big.len() + 5 && bytes.ends_with(b"late\n"));
    }
}
