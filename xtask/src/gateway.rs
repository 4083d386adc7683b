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
use anyhow::{Context, ensure};
use ingress::Route;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::{Display, Write as _},
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

/// The prefixes of all APIs, each with its service.
pub fn api_routes(paths: &Paths) -> anyhow::Result<Vec<(String, String)>> {
    let routes = ingress::read(&paths.root.join("ingress.yaml"))?;
    // A longer path is a part of an API that has other limits.
    let apis = routes
        .into_iter()
        .filter(|route| route.path.starts_with("/api/") && route.path.matches('/').count() == 2);
    Ok(apis.map(|route| (route.path, route.service)).collect())
}

/// A route as the checks of the manifests compare it.
#[derive(Debug)]
pub struct PublicRoute {
    pub prefix: String,
    pub service: String,
    /// In seconds.
    pub read_timeout: u64,
}

/// All routes.
pub fn routes(paths: &Paths) -> anyhow::Result<Vec<PublicRoute>> {
    let routes = ingress::read(&paths.root.join("ingress.yaml"))?;
    let public = |route: Route| {
        let timeout = route
            .directive("proxy_read_timeout")
            .trim_end_matches('s')
            .parse();
        Ok(PublicRoute {
            read_timeout: timeout.with_context(|| format!("the timeout of {}", route.path))?,
            prefix: route.path,
            service: route.service,
        })
    };
    routes.into_iter().map(public).collect()
}

fn configure(
    folder: &Path,
    port: u16,
    routes: &[Route],
    upstreams: &Upstreams,
) -> anyhow::Result<Vec<OsString>> {
    private_folder(folder)?;
    let file = folder.join("nginx.conf");
    let text = configuration(&listen(port)?, routes, upstreams)?;
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

/// The configuration for containers, in which each service has its name as address.
pub fn for_containers(paths: &Paths) -> anyhow::Result<String> {
    let routes = ingress::read(&paths.root.join("ingress.yaml"))?;
    let address = |route: &Route| (route.service.clone(), vec![format!("{}:3000", route.service)]);
    let upstreams = routes.iter().map(address).collect();
    let text = configuration("listen 8080;\n", &routes, &upstreams)?;
    // The root folder of the container may not be written.
    Ok(text.replace("pid nginx.pid;", "pid /tmp/nginx.pid;"))
}

fn listen(port: u16) -> anyhow::Result<String> {
    let mut listen = format!("listen 127.0.0.1:{port};\n");
    // `localhost` is either address, and a machine without IPv6 is no reason to fail.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        writeln!(listen, "listen [::1]:{port};")?;
    }
    Ok(listen)
}

fn configuration<A: Display>(
    listen: &str,
    routes: &[Route],
    upstreams: &BTreeMap<String, Vec<A>>,
) -> anyhow::Result<String> {
    let mut pools = String::new();
    for (name, servers) in upstreams {
        writeln!(pools, "upstream {name} {{")?;
        for server in servers {
            // A server that failed is tried again with the next request.
            writeln!(pools, "    server {server} max_fails=0;")?;
        }
        pools += "    keepalive 320;\n    keepalive_timeout 60s;\n    keepalive_requests 10000;\n}\n";
    }
    let mut locations = String::new();
    for route in routes {
        let (path, service) = (&route.path, &route.service);
        ensure!(
            upstreams.contains_key(service),
            "{path} is routed to {service:?}, an unknown service"
        );
        let directives = route
            .directives
            .iter()
            .map(|(name, value)| format!("    {name} {value};\n"));
        let directives: String = directives.collect();
        for location in route.locations() {
            writeln!(
                locations,
                "location {location} {{\n    set $service {service};\n{directives}    proxy_pass http://{service};\n}}"
            )?;
        }
    }
    if !routes.iter().any(|route| route.path == "/") {
        locations += "location / {\n    return 404;\n}\n";
    }
    let text = TEMPLATE
        .replace("<upstreams>\n", &pools)
        .replace("<listen>\n", listen);
    Ok(text
        .replace("<problems>\n", &problems())
        .replace("<locations>\n", &locations))
}

/// The responses of nginx itself, as problem documents like those of the services; ingress-nginx has HTML.
fn problems() -> String {
    let locations = PROBLEMS.iter().map(|(status, code, title, detail)| {
        let body = format!(
            r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","trace_id":"$req_id","errors":[{{"message":"{detail}","code":"{code}"}}]}}"#
        );
        format!(
            "error_page {status} @{code};\nlocation @{code} {{\n    default_type application/problem+json;\n    \
             add_header Cache-Control no-store always;\n    add_header X-Request-Id $req_id always;\n    \
             return {status} '{body}';\n}}\n"
        )
    });
    locations.collect()
}

const TEMPLATE: &str = include_str!("gateway/nginx.conf");
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
