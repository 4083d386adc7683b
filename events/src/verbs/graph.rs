//! `events graph`: who publishes what, and who reads it.

mod diagram;
mod model;
mod svg;
mod text;

use self::model::Graph;
use crate::{failure::Failure, readers, session::Session};

/// Show who publishes what and who reads it
///
/// As the registry and the services declare it; with --live also as the server has it, where declared readers that are
/// missing and durable consumers that nobody declares are marked.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with the readers that the server knows
    #[arg(long)]
    live: bool,
    /// Kind of picture, instead of -o
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<GraphFormat>,
}

/// The kinds of picture.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum GraphFormat {
    /// Lines for people
    Text,
    /// A Mermaid flowchart, as Markdown pages show it
    Mermaid,
    /// Graphviz's language
    Dot,
    /// A picture, light or dark as the reader has it
    Svg,
}

/// Shows it.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let graph = if args.live {
        let connection = session.connect().await?;
        Graph::live(&readers::all(&connection).await?)
    } else {
        Graph::declared()
    };
    let mut output = session.output()?;
    match args.format {
        None => output.document(&graph, |_| text::text(&graph))?,
        Some(GraphFormat::Text) => output.text(&text::text(&graph))?,
        Some(GraphFormat::Mermaid) => output.text(&diagram::mermaid(&graph))?,
        Some(GraphFormat::Dot) => output.text(&diagram::dot(&graph))?,
        Some(GraphFormat::Svg) => output.text(&svg::svg(&graph))?,
    }
    output.finish()
}
