pub mod config;
pub mod domain;
pub mod error;
pub mod keyring;
pub mod passwords;
pub mod revocations;
pub mod signing;
pub mod store;
