//! `schemathesis`: tests the API of every service of the running platform against its OpenAPI document, with generated
//! requests that the document allows and such that it forbids (`schemathesis.toml` has the checks and limits).

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
    let mut failed = Vec::new();
    for (prefix, service) in gateway::api_routes(&paths)? {
        if args.service.as_ref().is_none_or(|wanted| *wanted == service) {
            progress.report(format_args!("testing {prefix}"));
            if !test(&paths, &state, &prefix, &service, &token).await? {
                failed.push(service);
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

/// Directly at the service, since the gateway rejects some invalid requests itself.
async fn test(
    paths: &Paths,
    state: &State,
    prefix: &str,
    service: &str,
    token: &str,
) -> anyhow::Result<bool> {
    let ports = Ports::new(Some(state.gateway_port), state.port_offset);
    let url = format!("http://{}", ports.api(by_name(service)?));
    let status = Command::new(SCHEMATHESIS.program(paths))
        .arg("--config-file")
        .arg(paths.root.join("xtask/schemathesis.toml"))
        .arg("run")
        .arg(format!("{url}{prefix}/openapi.json"))
        .args([
            "--url",
            &url,
            "--header",
            &format!("Authorization: Bearer {token}"),
        ])
        // It writes reports into its working folder.
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
