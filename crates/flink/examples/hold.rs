//! The holder alone, for tests: `hold hold DIR` does what `streamwright hold DIR` does.

use std::path::Path;

fn main() {
    let code = match std::env::args_os().nth(2) {
        Some(dir) => flink::local::hold(Path::new(&dir)),
        None => 2,
    };
    std::process::exit(code);
}
