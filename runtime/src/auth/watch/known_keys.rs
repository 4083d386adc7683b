//! The last known key set on disk, for a start while the bus is unavailable.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Notify;

use crate::{
    auth::{KeySet, Verifier, keys::InvalidKey},
    config::PlatformSettings,
};

const FILE_NAME: &str = "keys.json";

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadKeysError {
    /// It cannot be read.
    #[error("the key set {} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It is not a valid key set.
    #[error("the key set {} is invalid", .0.display())]
    Keys(PathBuf, #[source] InvalidKey),
}

/// Sets the keys of `verifier` to the last saved key set, or else to the one that is mounted as a file, before the bus is
/// available.
///
/// An invalid saved set is logged and ignored; an invalid mounted one is an error, since it was configured. Without
/// either, the keys are received from the bus.
///
/// # Errors
/// If the mounted key set cannot be used.
pub fn load_known_keys(verifier: &Verifier, settings: &PlatformSettings) -> Result<(), LoadKeysError> {
    if let Some(path) = settings.state_dir.as_deref().map(|dir| dir.join(FILE_NAME)) {
        match read(&path) {
            Ok(keys) if !keys.is_empty() => {
                verifier.set_keys(keys);
                return Ok(());
            }
            Ok(_) => {}
            Err(LoadKeysError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "the saved key set is ignored"),
        }
    }
    if let Some(path) = &settings.jwt_keys_file {
        verifier.set_keys(read(path)?);
    }
    Ok(())
}

fn read(path: &Path) -> Result<KeySet, LoadKeysError> {
    let json = fs::read(path).map_err(|error| LoadKeysError::Read(path.to_owned(), error))?;
    serde_json::from_slice::<JwkSet>(&json)
        .map_err(InvalidKey::from)
        .and_then(KeySet::from_jwks)
        .map_err(|error| LoadKeysError::Keys(path.to_owned(), error))
}

/// Saves the key set after each notification of `changed`, forever. Failures are logged; verification continues.
pub(super) async fn save_changes(verifier: &Verifier, state_dir: Option<PathBuf>, changed: &Notify) {
    let mut saved = None;
    loop {
        changed.notified().await;
        let (Some(dir), keys) = (state_dir.clone(), verifier.keys()) else {
            continue;
        };
        if saved.as_ref() == Some(&keys) {
            continue;
        }
        let jwks = keys.to_jwks();
        match tokio::task::spawn_blocking(move || write(&dir, &jwks)).await {
            Ok(Ok(())) => saved = Some(keys),
            Ok(Err(error)) => tracing::warn!(%error, "the key set cannot be saved in STATE_DIR"),
            Err(error) => tracing::error!(%error, "the task that saves the key set failed"),
        }
    }
}

/// Writes a temporary file and renames it, so that a crash leaves either the old file or the new one.
fn write(dir: &Path, jwks: &JwkSet) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let temporary = dir.join(format!("{FILE_NAME}.{}.tmp", uuid::Uuid::new_v4()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(&serde_json::to_vec_pretty(jwks)?)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&temporary, dir.join(FILE_NAME)))
        .inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_issuer::verifier_of;
    use testkit::TestIssuer;

    #[test]
    fn a_saved_set_takes_precedence_over_the_mounted_one_unless_it_is_invalid() {
        let dir = std::env::temp_dir().join(format!("inkstream-keys-{}", uuid::Uuid::new_v4()));
        let (saved, mounted) = (TestIssuer::new("saved"), TestIssuer::new("mounted"));
        let mounted_file = dir.join("mounted.json");
        write(&dir, &verifier_of(&mounted).keys().to_jwks()).unwrap();
        fs::rename(dir.join(FILE_NAME), &mounted_file).unwrap();
        let settings = PlatformSettings {
            state_dir: Some(dir.clone()),
            jwt_keys_file: Some(mounted_file.clone()),
            ..PlatformSettings::local("posts", "mongodb://localhost", "nats://localhost")
        };

        let kids = || {
            let verifier = Verifier::new(false);
            load_known_keys(&verifier, &settings)
                .map(|()| verifier.keys().kids().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(kids().unwrap(), ["mounted"]);
        write(&dir, &verifier_of(&saved).keys().to_jwks()).unwrap();
        assert_eq!(kids().unwrap(), ["saved"]);
        fs::write(dir.join(FILE_NAME), "{half").unwrap();
        assert_eq!(kids().unwrap(), ["mounted"]);
        fs::write(&mounted_file, "{half").unwrap();
        assert!(matches!(kids(), Err(LoadKeysError::Keys(..))));
        fs::remove_dir_all(dir).unwrap();
    }
}
