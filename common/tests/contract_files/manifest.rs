//! `released.txt`: the hash of everything that was released, one line each, only ever added to.
//!
//! Each line begins with a hash over itself and the line before, so a line cannot be changed or taken out without
//! changing all that follow, which this test detects. Nothing here rewrites a line: withdrawing a release is a manual
//! change, to be justified in review.

use std::{collections::BTreeMap, fs, path::Path};

use sha2::{Digest, Sha256};

/// The hash of `bytes` in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What was released: `schema <type>` or `golden <file>` to its hash.
#[derive(Debug, Default)]
pub struct Manifest {
    pub entries: BTreeMap<String, String>,
    last: String,
    text: String,
}

const HEADER: &str = "# What was released. Lines are only added, by UPDATE_CONTRACT=1 cargo test -p common --test \
                      contract_files\n# <chain> <sha256> <what>\n";

impl Manifest {
    /// Reads it; empty if there is none yet.
    ///
    /// # Errors
    /// If a line does not follow from those before.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut manifest = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [chain, hash, what] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                return Err(format!("`{line}` is no line of the manifest"));
            };
            let before = manifest.last.clone();
            manifest.add(what, hash)?;
            if manifest.last != chain {
                return Err(format!(
                    "`{what}`: a line here or before was changed or taken out (after {before})"
                ));
            }
        }
        Ok(manifest)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// If it is there already.
    pub fn add(&mut self, what: &str, hash: &str) -> Result<(), String> {
        let chain = sha256(format!("{} {hash} {what}", self.last).as_bytes());
        chain[..16].clone_into(&mut self.last);
        self.text += &format!("{} {hash} {what}\n", self.last);
        match self.entries.insert(what.to_owned(), hash.to_owned()) {
            None => Ok(()),
            Some(_) => Err(format!("`{what}` is listed twice")),
        }
    }

    /// Writes it.
    pub fn write(&self, path: &Path) {
        fs::write(path, format!("{HEADER}{}", self.text)).unwrap();
    }
}

#[test]
fn a_line_cannot_be_changed_taken_out_or_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("released.txt");
    let mut manifest = Manifest::default();
    for what in ["golden a", "golden b", "golden c"] {
        manifest.add(what, &sha256(what.as_bytes())).unwrap();
    }
    manifest.write(&path);
    let lines: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(Manifest::read(&path).unwrap().entries, manifest.entries);

    let with = |lines: Vec<String>| {
        fs::write(&path, lines.join("\n")).unwrap();
        Manifest::read(&path)
    };
    let [header, more, a, b, c] = &lines[..] else {
        panic!("{lines:?}")
    };
    let all = |some: &[&String]| some.iter().map(|&line| line.clone()).collect::<Vec<_>>();
    assert!(with(all(&[header, more, a, c])).is_err(), "taken out");
    assert!(with(all(&[header, more, b, a, c])).is_err(), "swapped");
    let other = b.replace(&sha256(b"golden b"), &sha256(b"another"));
    assert!(with(all(&[header, more, a, &other, c])).is_err(), "changed");
    assert!(with(all(&[header, more, a, b, c])).is_ok());
}
