//! The ports of a platform, all of them on the loopback interface.

use crate::services::Service;
use anyhow::bail;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

const NATS: u16 = 14222;
const NATS_MONITOR: u16 = 18222;
const MONGO: u16 = 37017;
const GATEWAY: u16 = 8080;

/// An offset lets two checkouts run side by side; it moves every port except an explicit one of the gateway.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub offset: u16,
    pub gateway: u16,
}

impl Ports {
    pub fn new(gateway: Option<u16>, offset: u16) -> Self {
        Self {
            offset,
            gateway: gateway.unwrap_or(GATEWAY + offset),
        }
    }

    pub fn url(self) -> String {
        format!("http://localhost:{}", self.gateway)
    }

    pub fn nats(self) -> SocketAddr {
        local(NATS + self.offset)
    }

    pub fn nats_monitor(self) -> SocketAddr {
        local(NATS_MONITOR + self.offset)
    }

    pub fn mongo(self) -> SocketAddr {
        local(MONGO + self.offset)
    }

    pub fn api(self, service: &Service) -> SocketAddr {
        local(service.port + self.offset)
    }

    pub fn ops(self, service: &Service) -> SocketAddr {
        local(service.ops_port + self.offset)
    }
}

pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Fails if another program uses the port, with a way to find out which.
pub fn must_be_free(address: SocketAddr, user: &str, remedy: &str) -> anyhow::Result<()> {
    let port = address.port();
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port}, which {user} needs, cannot be used ({error}). {remedy} `ss -ltnp 'sport = :{port}'` \
             shows the program that uses it"
        ),
    }
}

/// A port that is free at the moment.
pub fn any_free() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(local(0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_moves_every_port_and_the_flag_wins_for_the_gateway() {
        assert_eq!(Ports::new(None, 100).gateway, 8180);
        assert_eq!(Ports::new(Some(80), 100).gateway, 80);
        assert_eq!(Ports::new(None, 100).mongo(), local(MONGO + 100));
    }
}
