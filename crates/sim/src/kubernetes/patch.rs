//! JSON patches: `test`, `add`, `replace`, `remove`.

use serde_json::Value;

/// Applies a patch; on any failure nothing is changed and it says why.
pub(crate) fn apply(object: &Value, patch: &Value) -> Result<Value, String> {
    let mut patched = object.clone();
    let steps = patch.as_array().ok_or("a JSON patch is a list")?;
    for step in steps {
        one(&mut patched, step)?;
    }
    Ok(patched)
}

fn one(object: &mut Value, step: &Value) -> Result<(), String> {
    let path = step["path"].as_str().ok_or("a step has no path")?;
    let value = step["value"].clone();
    match step["op"].as_str().unwrap_or_default() {
        "test" => match object.pointer(path) {
            Some(found) if *found == value => Ok(()),
            _ => Err(format!("testing path {path} value failed")),
        },
        "replace" => {
            let place = object.pointer_mut(path).ok_or_else(|| format!("there is no {path}"))?;
            *place = value;
            Ok(())
        }
        "add" | "remove" => {
            let (parent, key) = path.rsplit_once('/').ok_or("a path begins with /")?;
            let key = key.replace("~1", "/").replace("~0", "~");
            let parent = object
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .ok_or_else(|| format!("there is no {parent}"))?;
            if step["op"] == "add" {
                parent.insert(key, value);
            } else {
                parent.remove(&key).ok_or_else(|| format!("there is no {path}"))?;
            }
            Ok(())
        }
        other => Err(format!("the simulator does not know the step '{other}'")),
    }
}
