//! Python with clients of NATS and CloudEvents that are not ours: a test reads our events with them.

use super::{Tool, python_packages};
use crate::{places::Places, progress::Progress};
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "readers",
    pin: "nats-py==2.16.0 cloudevents==2.2.0",
    program: "python",
};

pub(super) async fn fetch(places: &Places, tools: &Path, progress: &Progress) -> anyhow::Result<()> {
    TOOL.clear(tools)?;
    let packages: Vec<_> = TOOL.pin.split(' ').collect();
    let folder = TOOL.folder(tools);
    python_packages(
        "the independent readers",
        &packages,
        &folder,
        places.log("fetch-readers"),
        progress,
    )
    .await?;
    TOOL.approve(tools).await
}
