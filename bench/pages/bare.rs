//! The reference: an axum handler that returns the same bytes, in a process of its own.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;
use axum::{Router, http::header, serve::ListenerExt as _};
use tempfile::TempDir;
use testkit::free_port;
use tokio::net::TcpListener;

use crate::load::{self, Page};

/// The process; it is killed on drop.
pub(crate) struct Bare {
    pub(crate) address: String,
    process: Child,
    _folder: TempDir,
}

impl Bare {
    /// Starts a handler that returns the bytes of `page`.
    pub(crate) async fn start(page: &Page) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (file, address) = (folder.path().join("page"), format!("127.0.0.1:{}", free_port()));
        fs::write(&file, &page.body)?;
        let process = Command::new(std::env::current_exe()?)
            .args(["bare", &format!("{address}={}", file.display())])
            .stdin(Stdio::null())
            .spawn()?;
        let bare = Self {
            address,
            process,
            _folder: folder,
        };
        load::reachable(&bare.address).await?;
        Ok(bare)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed; `what` is `<address>=<file>`.
pub(crate) async fn serve(what: &str) -> anyhow::Result<()> {
    let (address, file) = what.split_once('=').context("bare takes <address>=<file>")?;
    let body = bytes::Bytes::from(fs::read(file)?);
    let handler = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body) }
    };
    let listener = TcpListener::bind(address).await?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().fallback(handler)).await?;
    Ok(())
}
