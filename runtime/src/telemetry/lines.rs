//! Log lines on their way to standard output: queued in memory and written by a thread of its own, so that a request
//! neither pays for a system call nor waits for a reader of the log that has stalled. When the queue is full, lines are
//! dropped and counted.

use std::{
    io::{BufWriter, Write},
    sync::mpsc,
    thread,
    time::Duration,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// The most lines that wait, about 1 MB.
const CAPACITY: usize = 4 * 1024;
/// Lines that are queued at the same time are written by one system call, up to this size.
const BUFFER_BYTES: usize = 64 * 1024;

/// The queue, for the subscriber, and its end, for the process.
pub(super) fn queue(out: impl Write + Send + 'static) -> (NonBlocking, Lines) {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(CAPACITY)
        .thread_name("log")
        .finish(BufWriter::with_capacity(BUFFER_BYTES, out));
    let lines = Lines {
        dropped: writer.error_counter(),
        guard: Some(guard),
    };
    (writer, lines)
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Lines {
    dropped: ErrorCounter,
    guard: Option<WorkerGuard>,
}

impl Lines {
    /// Counts the lines that were dropped.
    pub(super) fn dropped(&self) -> ErrorCounter {
        self.dropped.clone()
    }

    /// Writes what is queued, for at most `limit`. Lines that come later are dropped.
    pub(super) fn close(&mut self, limit: Duration) {
        let Some(guard) = self.guard.take() else { return };
        let (done, closed) = mpsc::channel();
        // The guard reports a stalled output on that same output, so it could wait forever.
        let closing = thread::Builder::new().spawn(move || {
            drop(guard);
            let _ = done.send(());
        });
        if closing.is_ok() {
            let _ = closed.recv_timeout(limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc, Mutex,
            mpsc::{Receiver, channel},
        },
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that is not read until the sender is dropped.
    struct Stalled(Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            let _ = self.0.recv();
            Ok(())
        }
    }

    #[test]
    fn closing_writes_what_is_queued() {
        let output = Output::default();
        let (mut writer, mut lines) = queue(output.clone());
        for number in 0..1000 {
            writeln!(writer, "line {number}").unwrap();
        }
        lines.close(Duration::from_secs(60));
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let expected: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        assert_eq!(text, expected);
        assert_eq!(lines.dropped().dropped_lines(), 0);
    }

    #[test]
    fn a_stalled_output_blocks_neither_the_logger_nor_the_end() {
        let (release, stalled) = channel();
        let (mut writer, mut lines) = queue(Stalled(stalled));
        // The thread takes some of them out of the queue, no more than fit into its buffer and one.
        let line = vec![b'x'; BUFFER_BYTES];
        for _ in 0..CAPACITY + 10 {
            writer.write_all(&line[..100]).unwrap();
        }
        for _ in 0..CAPACITY {
            writer.write_all(b"\n").unwrap();
        }
        assert!(lines.dropped().dropped_lines() > 0);
        lines.close(Duration::from_millis(1));
        drop(release);
    }
}
