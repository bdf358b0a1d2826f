//! Finds what the binary carries: the Java programs and the console. They are built before it (`make build`).

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
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
