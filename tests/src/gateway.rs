//! The routes to the services.

use testkit::Client;

/// The routes to the services by path prefix, as in the ingress.
#[derive(Debug, Clone)]
pub struct Gateway {
    pub(crate) routes: [(&'static str, String); 5],
}

impl Gateway {
    /// An anonymous client of the service with this path.
    pub fn client(&self, path: &str) -> Client {
        let route = self.routes.iter().find(|(prefix, _)| path.starts_with(prefix));
        let (_, url) = route.unwrap_or_else(|| panic!("no service owns {path}"));
        Client::new(url)
    }
}
