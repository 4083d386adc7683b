//! `events graph`: the publishers and readers of every event.

mod diagram;
mod model;
mod svg;
mod text;

use self::model::Graph;
use crate::{failure::Failure, readers, session::Session};

/// Show the publishers and readers of every event
///
/// As declared by the registry and the services; --live compares this with the server and marks declared readers that
/// are missing and durable consumers that are not declared.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with the readers on the server
    #[arg(long)]
    live: bool,
    /// Diagram format, instead of -o
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<GraphFormat>,
}

/// The diagram formats.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum GraphFormat {
    /// Human-readable lines
    Text,
    /// A Mermaid flowchart for Markdown pages
    Mermaid,
    /// Graphviz's language
    Dot,
    /// An SVG image that follows the reader's light or dark mode
    Svg,
}

/// Runs the verb.
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
