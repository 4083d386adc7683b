//! The development gateway: nginx, configured from `ingress.yaml` as ingress-nginx does in the cluster.
//!
//! One origin serves everything, as cookies and same-origin checks need it. The directives below are those that
//! ingress-nginx 1.15 generates with its default ConfigMap; the exceptions have a comment. There is no TLS here,
//! so `ssl-redirect` has no effect.

mod ingress;
#[cfg(test)]
mod tests;

use crate::{
    paths::{Paths, private_folder},
    tools::NGINX,
};
use anyhow::Context;
use ingress::Route;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write as _,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// The addresses of each service; several are replicas.
pub type Upstreams = BTreeMap<String, Vec<SocketAddr>>;

/// A port on which no program listens.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    port: u16,
    /// The folder of the configuration and of temporary files
    #[arg(long)]
    folder: PathBuf,
    /// The address of a service; several are replicas. A service without one is not reachable
    #[arg(long = "upstream", value_name = "NAME=ADDRESS", value_parser = upstream)]
    upstreams: Vec<(String, SocketAddr)>,
}

fn upstream(text: &str) -> anyhow::Result<(String, SocketAddr)> {
    let (name, address) = text.split_once('=').context("expected NAME=ADDRESS")?;
    Ok((name.to_owned(), address.parse()?))
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let routes = ingress::read(&paths.root.join("ingress.yaml"))?;
    let mut upstreams = Upstreams::new();
    for (name, address) in args.upstreams {
        upstreams.entry(name).or_default().push(address);
    }
    for route in &routes {
        upstreams
            .entry(route.service.clone())
            .or_insert_with(|| vec![NOWHERE]);
    }
    let arguments = configure(&args.folder, args.port, &routes, &upstreams)?;
    let error = Command::new(NGINX.program(&paths)).args(arguments).exec();
    Err(error).context("cannot start nginx")
}

/// Writes the configuration of a platform and returns the arguments of nginx.
pub fn prepare(paths: &Paths, port: u16, upstreams: &Upstreams) -> anyhow::Result<Vec<OsString>> {
    let routes = ingress::read(&paths.root.join("ingress.yaml"))?;
    configure(&paths.run().join("nginx"), port, &routes, upstreams)
}

fn configure(
    folder: &Path,
    port: u16,
    routes: &[Route],
    upstreams: &Upstreams,
) -> anyhow::Result<Vec<OsString>> {
    private_folder(folder)?;
    let file = folder.join("nginx.conf");
    let text = configuration(port, routes, upstreams)?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    // Relative paths of the configuration are in this folder.
    let prefix: OsString = folder.join("").into();
    Ok(vec![
        "-p".into(),
        prefix,
        "-e".into(),
        "stderr".into(),
        "-c".into(),
        "nginx.conf".into(),
    ])
}

fn configuration(port: u16, routes: &[Route], upstreams: &Upstreams) -> anyhow::Result<String> {
    let mut text = HEAD.to_owned();
    for (name, servers) in upstreams {
        writeln!(text, "    upstream {name} {{")?;
        for server in servers {
            // A server that failed is tried again with the next request.
            writeln!(text, "        server {server} max_fails=0;")?;
        }
        text += "        keepalive 320;\n        keepalive_timeout 60s;\n        keepalive_requests 10000;\n    }\n";
    }
    writeln!(text, "    server {{\n        listen 127.0.0.1:{port};")?;
    // `localhost` is either address, and a machine without IPv6 is no reason to fail.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        writeln!(text, "        listen [::1]:{port};")?;
    }
    text += SERVER;
    for (status, code, title, detail) in PROBLEMS {
        let body = format!(
            r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","trace_id":"$req_id","errors":[{{"message":"{detail}","code":"{code}"}}]}}"#
        );
        writeln!(text, "        error_page {status} @{code};")?;
        writeln!(
            text,
            "        location @{code} {{\n            default_type application/problem+json;"
        )?;
        text += "            add_header Cache-Control no-store always;\n";
        text += "            add_header X-Request-Id $req_id always;\n";
        writeln!(text, "            return {status} '{body}';\n        }}")?;
    }
    for route in routes {
        upstreams.get(&route.service).with_context(|| {
            format!(
                "{} is routed to {:?}, an unknown service",
                route.path, route.service
            )
        })?;
        for location in route.locations() {
            writeln!(
                text,
                "        location {location} {{\n            set $service {};",
                route.service
            )?;
            for (directive, value) in &route.directives {
                writeln!(text, "            {directive} {value};")?;
            }
            writeln!(
                text,
                "            proxy_pass http://{};\n        }}",
                route.service
            )?;
        }
    }
    if !routes.iter().any(|route| route.path == "/") {
        text += "        location / {\n            return 404;\n        }\n";
    }
    Ok(text + "    }\n}\n")
}

/// One process, so that a gateway that is killed leaves no worker behind that still has the port.
const HEAD: &str = r#"# Generated from ingress.yaml by `cargo xtask`.
daemon off;
master_process off;
pid nginx.pid;
events {
    worker_connections 4096;
}
http {
    log_format gateway '$request_method $request_uri -> $service $upstream_addr $status $request_time s $req_id';
    access_log /dev/stdout gateway;
    server_tokens off;
    gzip off; # The services compress.
    tcp_nopush on;
    keepalive_timeout 75s;
    keepalive_requests 1000;
    client_header_timeout 60s;
    client_body_timeout 60s;
    client_header_buffer_size 1k;
    large_client_header_buffers 4 8k;
    client_body_buffer_size 8k;
    types_hash_max_size 2048;
    # As the services do: an unusual request id is replaced.
    map $http_x_request_id $req_id {
        "~^[A-Za-z0-9._-]{1,128}$" $http_x_request_id;
        default $request_id;
    }
    map $http_upgrade $connection_upgrade {
        default upgrade;
        '' '';
    }
"#;

const SERVER: &str = r#"        set $service -;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Request-ID $req_id;
        proxy_set_header X-Real-IP $remote_addr;
        # From this connection alone: clients cannot choose the address by which services limit them.
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Port $server_port;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Scheme $scheme;
        proxy_set_header X-Scheme $scheme;
        proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
        proxy_set_header Proxy "";
        proxy_cookie_domain off;
        proxy_cookie_path off;
        proxy_redirect off;
        proxy_max_temp_file_size 1024m;
"#;

/// The responses of nginx itself, as problem documents like those of the services; ingress-nginx has HTML.
const PROBLEMS: &[(u16, &str, &str, &str)] = &[
    (404, "not_found", "Not Found", "no service is routed at this path"),
    (
        413,
        "payload_too_large",
        "Content Too Large",
        "the body is larger than this route accepts",
    ),
    (
        502,
        "bad_gateway",
        "Bad Gateway",
        "$service is not reachable or closed the connection",
    ),
    (
        503,
        "unavailable",
        "Service Unavailable",
        "$service is unavailable",
    ),
    (
        504,
        "timeout",
        "Gateway Timeout",
        "$service did not respond in time",
    ),
];
