//! The one table of services. To add a service, add a line here (and its routes to `ingress.yaml`).

/// A service as the development platform runs it. The package, the program and the Kubernetes Service
/// bear the same name.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    pub name: &'static str,
    /// Where it serves its API.
    pub port: u16,
    /// Where it serves `/healthz`, `/readyz` and `/metrics`; never routed.
    pub ops_port: u16,
    /// Whether it owns a database, and so is told where the server is.
    pub database: bool,
    /// Settings beyond those every service gets. `{secret:NAME}` stands for the path of a generated file
    /// of 32 random bytes in hexadecimal, `{url:NAME}` for the address of another service.
    pub settings: &'static [(&'static str, &'static str)],
}

#[rustfmt::skip]
pub const SERVICES: &[Service] = &[
    Service { name: "auth", port: 4001, ops_port: 9101, database: true, settings: &[("KEY_ENCRYPTION_SECRET_FILE", "{secret:key-encryption}")] },
    Service { name: "posts", port: 4002, ops_port: 9102, database: true, settings: &[] },
    Service { name: "comments", port: 4003, ops_port: 9103, database: true, settings: &[] },
    Service { name: "moderation", port: 4005, ops_port: 9105, database: true, settings: &[] },
    Service { name: "query", port: 4004, ops_port: 9104, database: true, settings: &[] },
    Service { name: "web", port: 4010, ops_port: 9110, database: false, settings: &[
        ("AUTH_URL", "{url:auth}"), ("POSTS_URL", "{url:posts}"), ("COMMENTS_URL", "{url:comments}"),
        ("QUERY_URL", "{url:query}"), ("MODERATION_URL", "{url:moderation}"),
    ] },
];

/// The service whose `provision` subcommand makes the streams and buckets before anything starts.
pub const PROVISIONER: &str = "auth";

pub fn by_name(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_services_share_a_name_or_a_port() {
        let names: HashSet<_> = SERVICES.iter().map(|service| service.name).collect();
        let ports: HashSet<_> = SERVICES
            .iter()
            .flat_map(|service| [service.port, service.ops_port])
            .collect();
        assert_eq!(names.len(), SERVICES.len());
        assert_eq!(ports.len(), 2 * SERVICES.len());
    }

    #[test]
    fn the_provisioner_is_a_service() {
        assert!(by_name(PROVISIONER).is_some());
    }
}
