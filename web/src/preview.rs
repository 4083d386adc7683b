//! The preview of a text, rendered by the crate that renders published posts.

use content::{Document, Flavour};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::error::PageError;

/// Long texts take most of a second.
static RENDERING: Semaphore = Semaphore::const_new(4);

/// A text as a published post would show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Safe to insert.
    pub html: String,
    pub words: u32,
    pub reading_minutes: u32,
    /// What readers do not see as it was written.
    pub left_out: Vec<LeftOut>,
}

/// A part of the text that readers do not see as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The line of the source, from 1.
    pub line: u32,
    /// What it was, and what is shown in its place.
    pub explanation: String,
}

impl Preview {
    /// Renders Markdown on a blocking thread.
    ///
    /// # Errors
    /// If the thread panics.
    pub async fn of(body: String) -> Result<Self, PageError> {
        let permit = RENDERING.acquire().await.map_err(PageError::internal)?;
        let rendered = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if the client has disconnected.
            let _permit = permit;
            Self::render(&body)
        });
        rendered.await.map_err(PageError::internal)
    }

    fn render(body: &str) -> Self {
        let document = Document::markdown(body);
        let (words, reading_minutes) = document.words_and_minutes();
        let left_out = document.left_out().iter().map(|left_out| LeftOut {
            line: left_out.line,
            explanation: left_out.part.to_string(),
        });
        Self {
            html: document.html(Flavour::Post),
            words,
            reading_minutes,
            left_out: left_out.collect(),
        }
    }
}
