//! A SQL script and the runner that reads it, brought into the JobManager's pod by a ConfigMap: no image, no download.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::description::{Description, Program};
use crate::mounts::Parts;

/// Where Flink finds the runner: its folder for user code, of which only this file is ours.
pub(crate) const RUNNER_PATH: &str = "/opt/flink/usrlib/streamwright-runner.jar";
/// Where the runner finds the script.
pub(crate) const SCRIPT_PATH: &str = "/opt/streamwright/script.json";
const FOLDER: &str = "/opt/streamwright";
const VOLUME: &str = "streamwright-code-volume";

/// Volume, mounts and ConfigMap of a script; nothing for other programs.
pub(crate) fn add(parts: &mut Parts, description: &Description) {
    let Some(Program::Script { runner, script, .. }) = description.application().map(|application| &application.program) else {
        return;
    };
    let name = format!("streamwright-code-{}", description.cluster_id);
    parts.volumes.push(json!({"name": VOLUME, "configMap": {"name": name}}));
    parts.mounts.push(json!({"name": VOLUME, "mountPath": FOLDER}));
    parts
        .mounts
        .push(json!({"name": VOLUME, "mountPath": RUNNER_PATH, "subPath": "runner.jar"}));
    parts.objects.push(object(description, &name, runner, script));
}

fn object(description: &Description, name: &str, runner: &[u8], script: &str) -> Value {
    let mut object = crate::objects::config_map(description, name, &[("script.json".to_owned(), script.to_owned())].into());
    object["binaryData"] = json!({"runner.jar": STANDARD.encode(runner)});
    object
}
