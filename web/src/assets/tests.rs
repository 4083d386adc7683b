use std::fs;

use super::*;

const MANIFEST: &str = r#"{
  "src/site.ts": { "file": "assets/site-AAAA.js", "src": "src/site.ts", "isEntry": true, "imports": ["_shared-BBBB.js"] },
  "_shared-BBBB.js": { "file": "assets/shared-BBBB.js", "css": ["assets/shared-CCCC.css"] },
  "styles/reading.css": { "file": "assets/reading-DDDD.css", "src": "styles/reading.css", "isEntry": true },
  "src/generated/fonts/text-latin.woff2": { "file": "assets/serif-EEEE.woff2" },
  "src/generated/fonts/text-latin-ext.woff2": { "file": "assets/serif-ext-FFFF.woff2" },
  "src/generated/fonts/mono-latin.woff2": { "file": "assets/mono-GGGG.woff2" }
}"#;

fn built(manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    for file in [
        "assets/site-AAAA.js",
        "assets/shared-BBBB.js",
        "assets/shared-CCCC.css",
        "assets/reading-DDDD.css",
        "assets/serif-EEEE.woff2",
        "assets/serif-ext-FFFF.woff2",
        "assets/mono-GGGG.woff2",
        "favicon.svg",
    ] {
        fs::write(folder.path().join(file), file.repeat(100)).unwrap();
    }
    folder
}

#[test]
fn an_entry_includes_its_imports() {
    let folder = built(MANIFEST);
    let assets = Assets::read(folder.path()).unwrap();
    assert_eq!(
        assets.entry("src/site.ts"),
        Entry {
            script: Some("/static/assets/site-AAAA.js".to_owned()),
            imports: vec!["/static/assets/shared-BBBB.js".to_owned()],
            styles: vec!["/static/assets/shared-CCCC.css".to_owned()],
        }
    );
    let reading = assets.entry("styles/reading.css");
    assert_eq!(reading.styles, ["/static/assets/reading-DDDD.css"]);
    assert_eq!(reading.script, None);
    assert_eq!(assets.entry("src/unknown.ts"), Entry::default());
    assert_eq!(assets.preloads(), ["/static/assets/serif-EEEE.woff2"]);
    assert_eq!(assets.preloads_for("<p>plain</p>"), [""; 0]);
    assert_eq!(
        assets.preloads_for("<pre><code>x</code></pre>"),
        ["/static/assets/mono-GGGG.woff2"]
    );
}

#[test]
fn files_in_the_manifest_are_immutable() {
    let folder = built(MANIFEST);
    let assets = Assets::read(folder.path()).unwrap();
    assert!(assets.get("assets/site-AAAA.js").unwrap().immutable);
    let favicon = assets.get("favicon.svg").unwrap();
    assert!(!favicon.immutable);
    assert_eq!(favicon.content_type, "image/svg+xml");
    assert!(
        assets.get("manifest.json").is_none(),
        "the manifest is not served"
    );
    assert!(assets.get("../Cargo.toml").is_none());
}

#[test]
fn the_error_for_an_invalid_folder_names_the_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let missing = empty.path().join("missing");
    let lists_more = MANIFEST.replace("site-AAAA", "site-ZZZZ");
    let (broken, incomplete) = (built("{"), built(&lists_more));
    for folder in [empty.path(), &missing, broken.path(), incomplete.path()] {
        let error = Assets::read(folder).unwrap_err().to_string();
        assert!(error.contains("cargo xtask assets"), "{error}");
    }
}
