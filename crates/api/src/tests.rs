//! Tests of the whole API through its router, on a real SQLite file with ports that are played.

mod access;
mod applications;
mod artifacts;
mod audit;
mod bad_input;
mod drafts;
mod fake_artifacts;
mod fake_kubernetes;
mod fakes;
mod feed;
mod house;
mod jars;
mod labels;
mod lifecycle;
mod live;
mod manifests;
mod people;
mod platform;
mod releases;
mod roles;
mod targets;
mod variables;
mod web_ui;

/// The committed document is the one that the code describes; `UPDATE_OPENAPI=1` writes it.
#[test]
#[allow(clippy::disallowed_methods, reason = "the writer of the document is this test")]
fn openapi_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let generated = super::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "openapi.json is stale: run `UPDATE_OPENAPI=1 cargo test -p api openapi_is_current`"
    );
}

/// The guide on states has a row for each label and each condition that a screen can show.
#[test]
fn the_guide_has_every_label_and_condition() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/states.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let document = serde_json::to_value(super::openapi()).unwrap();
    for name in ["Label", "ConditionWord"] {
        let words = document["components"]["schemas"][name]["enum"].as_array().unwrap();
        assert!(words.len() > 3, "{name}");
        for word in words {
            let shown = word.as_str().unwrap().replace('_', " ");
            let has = guide.lines().any(|line| line.to_lowercase().starts_with(&format!("| {shown} |")));
            assert!(has, "docs/guides/states.md has no row for '{shown}'");
        }
    }
}
