//! The end of a pod's log. The API server cuts by lines from the end, or by bytes from the beginning, but not by bytes from the end:
//! so lines are asked for, more of them when they were too few, fewer when they were too long.

use domain::log::ContainerLog;
use futures::StreamExt;

use crate::api::{Api, segment};
use crate::fault::Fault;
use crate::sight::MAIN;

/// Most that is read for one end, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// The last bytes of a log.
pub async fn tail(api: &Api, log: &ContainerLog, max_bytes: usize) -> Result<String, Fault> {
    if max_bytes == 0 {
        return Ok(String::new());
    }
    let mut container = first(log);
    let (mut lines, mut too_long) = ((max_bytes / 64).max(16), false);
    loop {
        let read = match read(api, log, container.as_deref(), lines, max_bytes).await {
            Err(fault) if container.is_some() && not_there(log, &fault) => {
                container = None;
                continue;
            }
            read => read?,
        };
        if read.too_long && lines > 1 {
            (lines, too_long) = ((lines / 16).max(1), true);
            continue;
        }
        if too_long || read.kept.len() >= max_bytes || read.lines < lines || lines >= max_bytes {
            return Ok(text(&read.kept));
        }
        lines = lines.saturating_mul(16).min(max_bytes);
    }
}

/// The container that is asked first.
pub fn first(log: &ContainerLog) -> Option<String> {
    log.init.clone().or_else(|| Some(MAIN[0].to_owned()))
}

/// Whether it is only the container that the pod does not have: up to 1.12 Flink's has another name.
pub fn not_there(log: &ContainerLog, fault: &Fault) -> bool {
    log.init.is_none()
        && fault
            .refusal()
            .is_some_and(|refusal| refusal.status == 400 && refusal.message.contains("is not valid for pod"))
}

/// The path of a log.
pub fn path(api: &Api, log: &ContainerLog, container: Option<&str>, query: &str) -> Result<String, Fault> {
    let container = match container {
        Some(name) => format!("&container={}", segment(name)?),
        None => String::new(),
    };
    let pod = api.object("pods", &log.pod)?;
    Ok(format!("{pod}/log?{query}&previous={}{container}", log.previous))
}

struct Read {
    kept: Vec<u8>,
    lines: usize,
    too_long: bool,
}

async fn read(api: &Api, log: &ContainerLog, container: Option<&str>, lines: usize, keep: usize) -> Result<Read, Fault> {
    let path = path(api, log, container, &format!("tailLines={lines}"))?;
    let what = format!("read the log of pod '{}'", log.pod);
    let mut pieces = std::pin::pin!(api.bytes(&path, &what).await?);
    let mut read = Read {
        kept: Vec::new(),
        lines: 0,
        too_long: false,
    };
    let mut seen = 0;
    let all = async {
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            seen += piece.len();
            read.lines += piece.iter().filter(|byte| **byte == b'\n').count();
            read.kept.extend_from_slice(&piece);
            // Cut rarely: each cut moves what is kept.
            if read.kept.len() > keep.saturating_mul(2).saturating_add(1 << 20) {
                read.kept.drain(..read.kept.len() - keep);
            }
            if seen > MOST {
                read.too_long = true;
                break;
            }
        }
        Ok(())
    };
    api.within(&what, all).await?;
    let surplus = read.kept.len().saturating_sub(keep);
    read.kept.drain(..surplus);
    Ok(read)
}

/// Text, without the half of a character that a cut may have left at its beginning.
fn text(bytes: &[u8]) -> String {
    let begin = bytes
        .iter()
        .take(4)
        .take_while(|byte| (**byte & 0b1100_0000) == 0b1000_0000)
        .count();
    String::from_utf8_lossy(&bytes[begin..]).into_owned()
}

/// The end of a text, from a character's beginning.
pub fn end(text: &str, max_bytes: usize) -> &str {
    let from = text.len().saturating_sub(max_bytes);
    &text[(from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())..]
}
