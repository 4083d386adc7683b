//! `logs`: what the children say, from their files in `.dev/logs`.

use crate::places::Places;
use anyhow::bail;
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom, Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service (or nats-server, secantusd, gateway, provision, up); all when left out
    service: Option<String>,
    /// Go on showing what is added
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines to begin with, for each log
    #[arg(short = 'n', long, default_value_t = 100)]
    lines: usize,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    let names = known(&places.logs());
    let wanted: Vec<_> = match &args.service {
        Some(name) if names.contains(name) => vec![name.clone()],
        Some(name) => bail!("no log named {name:?}; there are: {}", names.join(", ")),
        None => names
            .into_iter()
            .filter(|name| !name.starts_with("fetch-"))
            .collect(),
    };
    if wanted.is_empty() {
        bail!("there are no logs yet; `cargo xtask up` makes them");
    }
    let prefixed = args.service.is_none();
    let width = wanted.iter().map(String::len).max().unwrap_or_default();
    let label = |name: &str| {
        if prefixed {
            format!("{name:<width$} | ")
        } else {
            String::new()
        }
    };
    let mut logs: Vec<_> = wanted
        .iter()
        .map(|name| Followed::new(label(name), places.log(name)))
        .collect();
    let shown = logs.iter_mut().try_for_each(|log| log.show_last(args.lines));
    let shown = shown.and_then(|()| if args.follow { follow(&mut logs) } else { Ok(()) });
    match shown {
        // `cargo xtask logs | head` is no error.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => Ok(other.map(|()| ExitCode::SUCCESS)?),
    }
}

/// Until the developer has seen enough.
fn follow(logs: &mut [Followed]) -> std::io::Result<()> {
    loop {
        #[allow(clippy::disallowed_methods, reason = "nothing else runs in this command")]
        thread::sleep(LOOK_EVERY);
        logs.iter_mut().try_for_each(Followed::show_new)?;
    }
}

fn known(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".log")?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// A log and how far it has been shown.
#[derive(Debug)]
struct Followed {
    label: String,
    path: PathBuf,
    shown: u64,
    /// A last line that has not ended yet.
    rest: Vec<u8>,
}

impl Followed {
    fn new(label: String, path: PathBuf) -> Self {
        Self {
            label,
            path,
            shown: 0,
            rest: Vec::new(),
        }
    }

    fn show_last(&mut self, lines: usize) -> std::io::Result<()> {
        let all = self.take_new()?;
        let skip = all.len().saturating_sub(lines);
        self.print(&all[skip..])
    }

    fn show_new(&mut self) -> std::io::Result<()> {
        let new = self.take_new()?;
        self.print(&new)
    }

    /// The whole lines added since the last look. A file that has become shorter is a new one.
    fn take_new(&mut self) -> std::io::Result<Vec<Vec<u8>>> {
        let Ok(mut file) = File::open(&self.path) else {
            return Ok(Vec::new());
        };
        if file.metadata()?.len() < self.shown {
            (self.shown, self.rest) = (0, Vec::new());
        }
        file.seek(SeekFrom::Start(self.shown))?;
        self.shown += file.read_to_end(&mut self.rest)? as u64;
        let mut lines: Vec<_> = self
            .rest
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        self.rest = lines.pop().unwrap_or_default();
        Ok(lines)
    }

    fn print(&self, lines: &[Vec<u8>]) -> std::io::Result<()> {
        let mut out = stdout().lock();
        for line in lines {
            writeln!(out, "{}{}", self.label, String::from_utf8_lossy(line))?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, process};

    #[test]
    fn only_whole_new_lines_are_taken_and_a_new_file_begins_anew() {
        let path = env::temp_dir().join(format!("inkstream-log-{}.log", process::id()));
        fs::write(&path, "one\ntw").unwrap();
        let mut log = Followed::new(String::new(), path.clone());
        assert_eq!(log.take_new().unwrap(), [b"one".to_vec()]);
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(log.take_new().unwrap(), [b"two".to_vec()]);
        fs::write(&path, "new\n").unwrap();
        assert_eq!(log.take_new().unwrap(), [b"new".to_vec()]);
        fs::remove_file(path).unwrap();
    }
}
