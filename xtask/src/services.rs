//! The development stack. To add a service, add a line here and its routes to `ingress.yaml`.

use anyhow::Context;

/// A service as the development platform runs it. The package, the program and the Kubernetes Service have the
/// same name.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    pub name: &'static str,
    /// Serves the API.
    pub port: u16,
    /// Serves `/healthz`, `/readyz` and `/metrics`; never routed.
    pub ops_port: u16,
    /// Whether it owns a database and therefore gets the address of the server.
    pub database: bool,
    /// Whether it calls the other services as any client does, and therefore gets their addresses as `<NAME>_URL`.
    pub client: bool,
    /// Settings that are set to the path of a generated secret of this name.
    pub secrets: &'static [(&'static str, &'static str)],
}

pub const SERVICES: &[Service] = &[
    Service {
        secrets: &[("KEY_ENCRYPTION_SECRET_FILE", "key-encryption")],
        ..service("auth", 1)
    },
    service("posts", 2),
    service("comments", 3),
    service("query", 4),
    service("moderation", 5),
    Service {
        database: false,
        client: true,
        ..service("web", 10)
    },
];

/// The service whose `provision` subcommand creates the streams and buckets before anything starts.
pub const PROVISIONER: &str = "auth";

const fn service(name: &'static str, number: u16) -> Service {
    Service {
        name,
        port: 4000 + number,
        ops_port: 9100 + number,
        database: true,
        client: false,
        secrets: &[],
    }
}

pub fn by_name(name: &str) -> anyhow::Result<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.name == name)
        .with_context(|| format!("there is no service {name:?}; there are: {}", names()))
}

pub fn names() -> String {
    let names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn services_have_different_names_and_ports() {
        let names: HashSet<_> = SERVICES.iter().map(|service| service.name).collect();
        let ports = SERVICES
            .iter()
            .flat_map(|service| [service.port, service.ops_port]);
        let ports: HashSet<_> = ports.collect();
        assert_eq!((names.len(), ports.len()), (SERVICES.len(), 2 * SERVICES.len()));
        assert!(by_name(PROVISIONER).is_ok());
    }
}
