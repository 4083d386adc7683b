//! `schemathesis`: tests the API of every service of the running platform against its OpenAPI document, with generated
//! requests that the document allows and such that it forbids (`xtask/schemathesis` has the checks and limits).

use crate::{
    gateway,
    paths::Paths,
    ports::Ports,
    progress::Progress,
    service_command,
    services::by_name,
    state::{self, State},
    tools::{self, SCHEMATHESIS},
};
use anyhow::{Context, ensure};
use common::{api::users::TokenResponse, event::Role};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{process::ExitCode, time::Duration};
use tokio::process::Command;

/// One after the other: together, the tool mixes invalid headers into requests that it takes for valid ones.
const MODES: [&str; 2] = ["positive", "negative"];
const USERNAME: &str = "schemathesis";
const PASSWORD: &str = "generated requests 1 to 1000";
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Test only this service
    service: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    let state = state::expect_running(&paths)?;
    tools::fetch(&paths, &[&SCHEMATHESIS], &progress).await?;
    let token = administrator(&state).await?;
    let ports = Ports::new(Some(state.gateway_port), state.port_offset);
    let mut failed = Vec::new();
    for (prefix, service) in gateway::api_routes(&paths)? {
        if args.service.as_ref().is_some_and(|wanted| *wanted != service) {
            continue;
        }
        // Directly at the service, since the gateway rejects some invalid requests itself.
        let url = format!("http://{}", ports.api(by_name(&service)?));
        for mode in MODES {
            progress.report(format_args!("testing {prefix} with {mode} requests"));
            if !test(&paths, &url, &prefix, mode, &token).await? {
                failed.push(format!("{prefix} ({mode})"));
            }
        }
    }
    ensure!(
        failed.is_empty(),
        "documents and behaviour differ: {}",
        failed.join(", ")
    );
    Ok(ExitCode::SUCCESS)
}

async fn test(paths: &Paths, url: &str, prefix: &str, mode: &str, token: &str) -> anyhow::Result<bool> {
    let folder = paths.root.join("xtask/schemathesis");
    let status = Command::new(SCHEMATHESIS.program(paths))
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([
            "run",
            &format!("{url}{prefix}/openapi.json"),
            "--url",
            url,
            "--mode",
            mode,
        ])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        // It writes files into its working folder.
        .current_dir(&paths.dev)
        .status()
        .await
        .context("cannot start schemathesis")?;
    Ok(status.success())
}

/// Returns the token of an administrator, who is allowed to do everything.
async fn administrator(state: &State) -> anyhow::Result<String> {
    let client = Client::builder().no_proxy().timeout(REQUEST_TIMEOUT).build()?;
    let post = async |path: &str, body: Value| {
        let url = format!("{}/api/users/{path}", state.url);
        client.post(url).json(&body).send().await
    };
    let account = json!({ "username": USERNAME, "email": "schemathesis@example.org", "password": PASSWORD });
    let response = post("signup", account).await?;
    if response.status() != StatusCode::CONFLICT {
        response.error_for_status().context("cannot create the account")?;
    }
    service_command::run(service_command::Args::new(
        "auth",
        ["grant-role", USERNAME, "admin"],
    ))
    .await?;
    // The role is part of the token.
    let credentials = json!({ "login": USERNAME, "password": PASSWORD, "token": true });
    let response = post("signin", credentials)
        .await?
        .error_for_status()
        .context("cannot sign in")?;
    let TokenResponse { user, token, .. } = response.json().await?;
    ensure!(user.role == Role::Admin, "{USERNAME} is not an administrator");
    Ok(token)
}
