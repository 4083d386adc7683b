//! `events schema`: the JSON Schema of a body.

use crate::{failure::Failure, output::pretty, registry, session::Session};

/// Print the JSON Schema of a type's body
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `post.published`, or with a version `blog.post.published.v1`
    #[arg(value_name = "TYPE")]
    name: String,
}

/// Runs the verb, without a server.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let event_type = registry::find(&args.name)?;
    let mut schema = serde_json::to_value(event_type.schema())
        .map_err(|error| Failure::usage(format!("the schema cannot be written: {error}")))?;
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$id".to_owned(), event_type.schema_uri().into());
    }
    let mut output = session.output()?;
    output.document(&schema, |_| {
        format!("{}\n", pretty(schema.to_string().as_bytes()))
    })?;
    output.finish()
}
