//! Standard output in the selected format, and nothing else.
//!
//! There is no pager. A closed pipe, as by `head`, ends the command silently.

mod full;
mod line;
mod table;
mod template;
mod times;

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use self::template::Template;
pub use self::{
    full::{full, pretty},
    line::{gist, line, short_type, visible},
    table::{Cell, Table},
    times::{Times, duration},
};
use crate::failure::Failure;

/// The output options.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
#[group(skip)]
pub struct Args {
    /// Format [default: table at a terminal, jsonl elsewhere]
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "EVENTS_OUTPUT"
    )]
    output: Option<Format>,
    /// Jinja template for each item, e.g. '{{ time }} {{ data.title }}'; implies -o template
    #[arg(long, global = true, value_name = "TEMPLATE")]
    template: Option<String>,
    /// Colours; `auto` respects NO_COLOR and TERM
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    color: When,
    /// Times in UTC, not in this machine's zone
    #[arg(long, global = true)]
    utc: bool,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Human-readable lines and columns
    Table,
    /// One JSON document; for a list, an array
    Json,
    /// JSON, one item per line
    Jsonl,
    /// Unchanged bodies, each with a line break
    Raw,
    /// Each item rendered by --template
    Template,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// At a terminal that supports them
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The validated arguments.
#[derive(Debug, Clone)]
pub struct Settings {
    format: Format,
    template: Option<String>,
    color: ColorChoice,
    times: Times,
}

impl Settings {
    /// The same in another format, for verbs with formats of their own.
    pub fn in_format(&self, format: Format) -> Self {
        Self {
            format,
            ..self.clone()
        }
    }
}

impl Args {
    /// Validates them.
    ///
    /// # Errors
    /// If they contradict each other.
    pub fn settings(self) -> Result<Settings, Failure> {
        let format = match (self.output, &self.template) {
            (_, Some(_)) => Format::Template,
            (Some(Format::Template), None) => return Err(Failure::usage("-o template needs --template")),
            (Some(format), None) => format,
            (None, None) if io::stdout().is_terminal() => Format::Table,
            (None, None) => Format::Jsonl,
        };
        let color = match self.color {
            When::Auto => AutoStream::choice(&io::stdout()),
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        // The choice applies to stderr, too.
        color.write_global();
        Ok(Settings {
            format,
            template: self.template,
            color,
            times: Times::new(self.utc),
        })
    }
}

/// Standard output in one format. Items of a list are written by [`item`](Self::item), a single result by
/// [`document`](Self::document); [`finish`](Self::finish) ends the output.
pub struct Output {
    /// The format, for verbs whose output depends on it.
    pub format: Format,
    /// The formatter of times in human-readable output.
    pub times: Times,
    writer: Box<dyn Write + Send>,
    template: Option<Template>,
    items: u64,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl Output {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let stdout = io::BufWriter::with_capacity(64 << 10, io::stdout());
        let template = settings.template.as_deref().map(Template::new).transpose()?;
        Ok(Self {
            format: settings.format,
            times: settings.times.clone(),
            // Only human-readable output has colours to strip.
            writer: match settings.format {
                Format::Table => Box::new(Coloured::new(stdout, settings.color)),
                _ => Box::new(stdout),
            },
            template,
            items: 0,
        })
    }

    /// Writes one item of a list: `value` in the JSON formats, `human` in tables (with its line breaks and `anstyle`
    /// colours), `raw` in the raw format.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn item<T: Serialize>(
        &mut self,
        value: &T,
        human: impl FnOnce(&Times) -> String,
        raw: &[u8],
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.writer.write_all(human(&self.times).as_bytes())?,
            Format::Jsonl => {
                json(serde_json::to_writer(&mut self.writer, value))?;
                self.writer.write_all(b"\n")?;
            }
            Format::Json => {
                let before: &[u8] = if self.items == 0 { b"[\n" } else { b",\n" };
                self.writer.write_all(before)?;
                json(serde_json::to_writer_pretty(&mut self.writer, value))?;
            }
            Format::Raw => {
                self.writer.write_all(raw)?;
                self.writer.write_all(b"\n")?;
            }
            Format::Template => {
                let text = self
                    .template
                    .as_ref()
                    .map_or(Ok(String::new()), |t| t.render(value))?;
                writeln!(self.writer, "{text}")?;
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Writes a complete list: as a table or as items.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn rows<T: Serialize>(
        &mut self,
        items: &[T],
        table: impl FnOnce(&Times) -> Table,
    ) -> Result<(), Failure> {
        if self.format == Format::Table {
            self.writer.write_all(table(&self.times).to_string().as_bytes())?;
            return Ok(());
        }
        for item in items {
            let raw = if self.format == Format::Raw {
                serde_json::to_vec(item).unwrap_or_default()
            } else {
                Vec::new()
            };
            self.item(item, |_| String::new(), &raw)?;
        }
        Ok(())
    }

    /// Writes a single result.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn document<T: Serialize>(
        &mut self,
        value: &T,
        human: impl FnOnce(&Times) -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                json(serde_json::to_writer_pretty(&mut self.writer, value))?;
                self.writer.write_all(b"\n")?;
                self.writer.flush()?;
                // No array to close.
                self.items = u64::MAX;
                Ok(())
            }
            Format::Raw => {
                let raw = json(serde_json::to_vec(value))?;
                self.item(value, human, &raw)
            }
            _ => self.item(value, human, &[]),
        }
    }

    /// Writes text that is the same in every format, such as a diagram or a schema.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.items = u64::MAX;
        self.writer.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }

    /// Ends the output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(), Failure> {
        match (self.format, self.items) {
            (Format::Json, 0) => self.writer.write_all(b"[]\n")?,
            (Format::Json, u64::MAX)
            | (Format::Table | Format::Jsonl | Format::Raw | Format::Template, _) => {}
            (Format::Json, _) => self.writer.write_all(b"\n]\n")?,
        }
        self.flush()
    }
}

fn json<T>(result: serde_json::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| io::Error::from(error).into())
}

/// Strips colours if they are disabled, in chunks as they are written.
struct Coloured {
    stdout: io::BufWriter<io::Stdout>,
    strip: bool,
}

impl Coloured {
    fn new(stdout: io::BufWriter<io::Stdout>, choice: ColorChoice) -> Self {
        let strip = choice == ColorChoice::Never;
        Self { stdout, strip }
    }
}

impl Write for Coloured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.strip {
            return self.stdout.write(bytes);
        }
        for piece in anstream::adapter::strip_bytes(bytes) {
            self.stdout.write_all(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
