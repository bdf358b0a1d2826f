//! Checks of texts in requests: names, lines, scripts. Each refusal names the field.

use domain::draft::MAX_SCRIPT_BYTES;
use domain::job::check_name;
use domain::label::{Labels, MAX_LABELS, check_label};

use crate::problem::Problem;

/// Longest description or note in characters.
const MAX_LINE_CHARS: usize = 2_000;

/// Checks a name.
///
/// # Errors
/// 422 `bad_name` with the reason.
pub fn name(field: &str, text: &str) -> Result<(), Problem> {
    check_name(text).map_err(|why| Problem::unprocessable("bad_name", format!("The name cannot be used: {why}.")).field(field))
}

/// Checks a description or note.
///
/// # Errors
/// 422 `too_long`, or 400 for a character that no database keeps.
pub fn line(field: &str, text: &str) -> Result<(), Problem> {
    no_nul(field, text)?;
    if text.chars().count() > MAX_LINE_CHARS {
        let detail = format!("The {field} has more than {MAX_LINE_CHARS} characters.");
        return Err(Problem::unprocessable("too_long", detail).field(field));
    }
    Ok(())
}

/// Checks the size of a script. What it says is for the planner to judge.
///
/// # Errors
/// 422 `script_too_long`, or 400 for a character that no database keeps.
pub fn script(field: &str, text: &str) -> Result<(), Problem> {
    no_nul(field, text)?;
    if text.len() > MAX_SCRIPT_BYTES {
        let mib = MAX_SCRIPT_BYTES / 1024 / 1024;
        let detail = format!("The script has {} bytes; {mib} MiB is the most.", text.len());
        return Err(Problem::unprocessable("script_too_long", detail)
            .field(field)
            .hint("Split it into several jobs."));
    }
    Ok(())
}

/// Checks labels.
///
/// # Errors
/// 422 `bad_label` naming `<field>.<key>`, `too_many_labels`.
pub fn labels(field: &str, labels: &Labels) -> Result<(), Problem> {
    if labels.len() > MAX_LABELS {
        let detail = format!("A job has at most {MAX_LABELS} labels; these are {}.", labels.len());
        return Err(Problem::unprocessable("too_many_labels", detail).field(field));
    }
    for (key, value) in labels {
        let shown: String = key.chars().take(80).collect();
        let refused = |why| Problem::unprocessable("bad_label", format!("The label '{shown}' cannot be used: {why}."));
        check_label(key, value).map_err(|why| refused(why).field(format!("{field}.{shown}")))?;
    }
    Ok(())
}

/// Labels of a filter: `key=value`, several with commas.
///
/// # Errors
/// 422 `bad_label`.
pub fn selector(text: &str) -> Result<Labels, Problem> {
    let bad = || Problem::unprocessable("bad_label", "Labels are given as key=value, several with commas.").field("labels");
    let pair = |pair: &str| {
        pair.split_once('=')
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
    };
    let chosen: Option<Labels> = text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect();
    let chosen = chosen.ok_or_else(bad)?;
    labels("labels", &chosen)?;
    Ok(chosen)
}

/// Refuses U+0000, which PostgreSQL cannot store.
///
/// # Errors
/// 400 `bad_character`.
pub fn no_nul(field: &str, text: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(Problem::bad_request("bad_character", format!("The {field} contains the character U+0000.")).field(field));
    }
    Ok(())
}

/// Checks a parallelism.
///
/// # Errors
/// 422 `bad_parallelism`.
pub fn parallelism(field: &str, value: Option<u32>) -> Result<(), Problem> {
    // Flink's own bound: the largest possible number of key groups.
    const MOST: u32 = 32_768;
    match value {
        Some(given) if !(1..=MOST).contains(&given) => {
            Err(Problem::unprocessable("bad_parallelism", format!("The parallelism is 1 to {MOST}, not {given}.")).field(field))
        }
        _ => Ok(()),
    }
}
