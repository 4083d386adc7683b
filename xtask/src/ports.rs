//! Which port everything listens on, and whether it is free. All of them are on the loopback interface.

use crate::services::Service;
use anyhow::bail;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

const NATS: u16 = 14222;
const NATS_MONITOR: u16 = 18222;
const MONGO: u16 = 37017;
/// The gateway's port unless `--port` says otherwise.
pub const GATEWAY: u16 = 8080;

/// The ports of one platform. An offset lets two checkouts run side by side; it moves every port but the
/// gateway's, which has its own flag.
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

    pub fn nats(self) -> u16 {
        NATS + self.offset
    }

    pub fn nats_monitor(self) -> u16 {
        NATS_MONITOR + self.offset
    }

    pub fn mongo(self) -> u16 {
        MONGO + self.offset
    }

    pub fn api(self, service: &Service) -> u16 {
        service.port + self.offset
    }

    pub fn ops(self, service: &Service) -> u16 {
        service.ops_port + self.offset
    }
}

pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Refuses to go on when another program has the port, and says how to find out which.
pub fn must_be_free(port: u16, whose: &str, remedy: &str) -> anyhow::Result<()> {
    match TcpListener::bind(local(port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port}, which {whose} needs, cannot be used ({error}). {remedy} \
             `ss -ltnp 'sport = :{port}'` shows who has it"
        ),
    }
}

/// A port nobody listens on at the moment.
pub fn any_free() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(local(0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_owner_and_the_remedy() {
        let taken = TcpListener::bind(local(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = must_be_free(port, "posts", "Try --port-offset.")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&port.to_string()) && message.contains("posts"),
            "{message}"
        );
        assert!(message.contains("--port-offset"), "{message}");
    }

    #[test]
    fn an_offset_moves_every_port_and_the_flag_wins_for_the_gateway() {
        assert_eq!(Ports::new(None, 100).gateway, 8180);
        assert_eq!(Ports::new(Some(80), 100).gateway, 80);
        assert_eq!(Ports::new(None, 100).mongo(), MONGO + 100);
    }
}
