//! Secrets of the development platform: generated once, kept in `.dev/secrets`, readable by their owner only.

pub mod cluster;

use crate::paths::{Paths, private_folder};
use anyhow::Context;
use nkeys::KeyPair;
use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const BYTES: usize = 32;

/// A file of 32 random bytes in hexadecimal.
pub fn file(paths: &Paths, name: &str) -> anyhow::Result<PathBuf> {
    generated_once(&paths.secrets(), &format!("{name}.hex"), random)
}

/// The nkey of an account of the bus: its public half and the file of its seed.
pub fn nkey(paths: &Paths, account: &str) -> anyhow::Result<(String, PathBuf)> {
    let seed = || KeyPair::new_user().seed().context("cannot generate an nkey");
    let path = generated_once(&paths.secrets(), &format!("nats-{account}.nk"), seed)?;
    Ok((public_nkey(&path)?, path))
}

fn public_nkey(path: &Path) -> anyhow::Result<String> {
    let seed = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let pair = KeyPair::from_seed(seed.trim());
    let pair = pair.with_context(|| format!("{} contains no nkey", path.display()))?;
    Ok(pair.public_key())
}

/// 32 random bytes in hexadecimal.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0_u8; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn generated_once(
    folder: &Path,
    name: &str,
    secret: impl Fn() -> anyhow::Result<String>,
) -> anyhow::Result<PathBuf> {
    private_folder(folder)?;
    let path = folder.join(name);
    if !path.exists() {
        // Renamed when complete, so that a crash cannot leave half a secret that is then used for encryption.
        let new = folder.join(format!("{name}.new"));
        fs::remove_file(&new).ok();
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(secret()?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::scratch;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_generated_once_and_only_its_owner_can_read_it() {
        let (_folder, paths) = scratch();
        let path = file(&paths, "key").unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(first.len(), 2 * BYTES);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(file(&paths, "key").unwrap()).unwrap(), first);
        let (public, seed) = nkey(&paths, "posts").unwrap();
        assert_eq!(nkey(&paths, "posts").unwrap(), (public.clone(), seed.clone()));
        assert_ne!(nkey(&paths, "query").unwrap().0, public);
        assert_eq!(fs::metadata(&seed).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
