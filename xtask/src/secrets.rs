//! Secrets of the development platform: made once, kept in `.dev/secrets`, readable by their owner only.

use crate::places::{Places, private_folder};
use anyhow::Context;
use nkeys::KeyPair;
use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

const BYTES: usize = 32;

/// The file of 32 random bytes in hexadecimal with this name; made if it is not there.
pub fn file(places: &Places, name: &str) -> anyhow::Result<PathBuf> {
    made_once(places, &format!("{name}.hex"), random_hex)
}

/// The nkey of this account of the bus: its public half and the file of its seed; made if it is not there.
pub fn nkey(places: &Places, account: &str) -> anyhow::Result<(String, PathBuf)> {
    let seed = || KeyPair::new_user().seed().context("no nkey can be made");
    let path = made_once(places, &format!("nats-{account}.nk"), seed)?;
    let seed = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let pair =
        KeyPair::from_seed(seed.trim()).with_context(|| format!("{} holds no nkey", path.display()))?;
    Ok((pair.public_key(), path))
}

fn made_once(
    places: &Places,
    name: &str,
    secret: impl Fn() -> anyhow::Result<String>,
) -> anyhow::Result<PathBuf> {
    let folder = places.secrets();
    private_folder(&folder)?;
    let path = folder.join(name);
    if !path.exists() {
        // ConsistencyHeaders aside and renamed, so that a crash cannot leave half a secret to be encrypted with.
        let aside = folder.join(format!("{name}.new"));
        fs::remove_file(&aside).ok();
        let mut new = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)?;
        new.write_all(secret()?.as_bytes())?;
        new.sync_all()?;
        fs::rename(&aside, &path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    Ok(path)
}

fn random_hex() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, os::unix::fs::PermissionsExt, process};

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let root = env::temp_dir().join(format!("inkstream-secrets-{}", process::id()));
        let places = Places {
            root: root.clone(),
            dev: root.join(".dev"),
            xtask: PathBuf::new(),
        };
        let path = file(&places, "key").unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(first.len(), 2 * BYTES);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(file(&places, "key").unwrap()).unwrap(), first);

        let (public, seed) = nkey(&places, "posts").unwrap();
        assert_eq!(nkey(&places, "posts").unwrap(), (public.clone(), seed.clone()));
        assert_ne!(nkey(&places, "query").unwrap().0, public);
        assert_eq!(fs::metadata(&seed).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(root).unwrap();
    }
}
