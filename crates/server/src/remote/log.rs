//! `streamwright job logs` and `cluster logs`: the list, the end of one, or one that is followed.

use std::io::Write;

use serde_json::Value;

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use crate::cli::LogChoice;
use crate::failure::Failure;

/// How often a stream that broke is taken up again without any line.
const TRIES: u32 = 20;

/// Prints a log, or the list of them; `of` is the path of a job or a cluster.
///
/// # Errors
/// As the server says.
pub async fn run(of: &str, choice: LogChoice) -> Result<(), Failure> {
    let client = Client::of(&choice.server)?;
    if choice.list {
        let page = client.get(&format!("{of}/logs")).await?;
        print::body(client.format, &page, list);
        return Ok(());
    }
    if choice.follow {
        return follow(&client, of, &choice).await;
    }
    let tail = client
        .get(&format!("{of}/logs/tail?bytes={}{}", choice.bytes, which(&choice)))
        .await?;
    if at(&tail, "source") == "kept" {
        eprintln!("{} was kept; what it is of is gone.", at(&tail, "file"));
    }
    print::body(client.format, &tail, |tail| at(tail, "text").to_owned());
    Ok(())
}

fn which(choice: &LogChoice) -> String {
    let mut query = String::new();
    if let Some(process) = &choice.process {
        query.push_str(&format!("&process={}", escape(process)));
    }
    if let Some(file) = &choice.file {
        query.push_str(&format!("&file={}", escape(file)));
    }
    if choice.previous {
        query.push_str("&previous=true");
    }
    query
}

fn list(page: &Value) -> String {
    let row = |file: &Value| {
        let what = match (at(file, "missing"), at(file, "source")) {
            ("", "kept") => "kept".to_owned(),
            ("", _) if file["previous"] == true => "the life before".to_owned(),
            ("", _) if file["pod"].is_object() => format!("{}, {} restarts", show(file, "pod/phase"), show(file, "pod/restarts")),
            ("", _) => String::new(),
            (missing, _) => missing.to_owned(),
        };
        vec![at(file, "process").to_owned(), at(file, "name").to_owned(), what]
    };
    table(&["PROCESS", "FILE", "WHAT"], &items(page).iter().map(row).collect::<Vec<_>>())
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    /// The file that is read, once there is a line of it.
    file: Option<String>,
    after: Option<String>,
}

/// Prints what comes; a stream that breaks goes on where it was.
async fn follow(client: &Client, of: &str, choice: &LogChoice) -> Result<(), Failure> {
    let mut place = Place::default();
    let mut tries = 0;
    loop {
        let query = match (&place.file, &place.after) {
            (Some(file), Some(after)) => {
                let process = choice
                    .process
                    .as_ref()
                    .map_or_else(String::new, |process| format!("&process={}", escape(process)));
                format!("&file={}&after={}{process}", escape(file), escape(after))
            }
            _ => which(choice),
        };
        let path = client.team_path(&format!("{of}/logs/follow?{}", query.trim_start_matches('&')))?;
        let before = place.after.clone();
        match client.open(&path, &[("accept", "text/event-stream")]).await {
            Ok(stream) => {
                if let Some(why) = read(stream, &mut place).await? {
                    eprintln!("{why}");
                    return Ok(());
                }
            }
            // The server is away for a moment.
            Err(failure) if failure.code == 3 && place.after.is_some() => {}
            Err(failure) => return Err(failure),
        }
        tries = if place.after == before { tries + 1 } else { 0 };
        if tries >= TRIES {
            return Err(Failure::unavailable(
                "the log cannot be followed: its stream ends again and again".to_owned(),
            ));
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// Reads a stream to its end; why there is no more, or nothing where it broke.
async fn read(mut stream: reqwest::Response, place: &mut Place) -> Result<Option<String>, Failure> {
    let mut rest = Vec::new();
    while let Ok(Some(chunk)) = stream.chunk().await {
        rest.extend_from_slice(&chunk);
        while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = rest.drain(..end + 2).collect();
            let (kind, data) = event(&String::from_utf8_lossy(&block));
            match kind.as_str() {
                "lines" => write(&data, place)?,
                "end" => return Ok(Some(at(&data, "why").to_owned())),
                _ => {}
            }
        }
    }
    Ok(None)
}

fn write(lines: &Value, place: &mut Place) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(at(lines, "text").as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::usage(format!("the lines cannot be written: {error}")))?;
    place.file = Some(at(lines, "file").to_owned());
    if !at(lines, "after").is_empty() {
        place.after = Some(at(lines, "after").to_owned());
    }
    Ok(())
}

fn event(block: &str) -> (String, Value) {
    let field = |name: &str| {
        let lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
            .collect::<Vec<_>>()
            .join("\n")
    };
    (field("event"), serde_json::from_str(&field("data")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let (kind, data) = event("event: lines\ndata: {\"text\":\"a\\n\",\ndata: \"file\":\"p.log\"}\n\n");
        assert_eq!((kind.as_str(), at(&data, "text"), at(&data, "file")), ("lines", "a\n", "p.log"));
        assert_eq!(event(": ping\n\n"), (String::new(), Value::Null));
    }
}
