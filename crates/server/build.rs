//! Finds what the binary carries: the Java programs and the console. They are built before it (`make build`).

use std::env;
use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "this is how cargo speaks to a build script")]
fn main() {
    // Asked at run time: clones share a target folder, and this program with it.
    let crate_folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let root = Path::new(&crate_folder).join("../..");
    embed(&root.join("java/runner/target/runner.jar"), "STREAMWRIGHT_RUNNER_JAR", "make java");
    embed(
        &root.join("java/planner/target/planner.jar"),
        "STREAMWRIGHT_PLANNER_JAR",
        "make java",
    );
    let console = root.join("web/dist");
    println!("cargo::rerun-if-changed={}", console.display());
    require(&console.join("index.html"), "make web");
}

fn embed(file: &Path, name: &str, target: &str) {
    require(file, target);
    println!("cargo::rustc-env={name}={}", file.display());
    println!("cargo::rerun-if-changed={}", file.display());
}

fn require(file: &Path, target: &str) {
    if !file.exists() {
        println!("cargo::error={} is missing: run `{target}` first", file.display());
    }
}
