//! `streamwright export`: what is there, as files that `apply` reads and finds nothing to change in.

use std::collections::BTreeSet;
use std::path::Path;

use files::document::{Cluster, Job};
use files::plan::NO_RESTART;
use files::restart::Restart;
use files::write::document;

use super::apply::now::{Found, Team};
use super::apply::target::all;
use super::bulk::query;
use super::client::Client;
use super::print::at;
use crate::cli::{Export, Format};
use crate::failure::Failure;

/// A script of more lines gets a file of its own.
const INLINE_LINES: usize = 10;
/// Longest name of a file in bytes, before its ending.
const MAX_FILE_NAME: usize = 100;

/// Runs `export`.
///
/// # Errors
/// As the server says, or when a file cannot be written.
pub async fn run(export: Export) -> Result<(), Failure> {
    let client = Client::of(&export.server)?;
    if export.targets {
        return targets(&export, &client).await;
    }
    let team = Team::read(client.clone()).await?;
    let clusters: Vec<Cluster> = if export.all {
        team.clusters.keys().filter_map(|name| Some(team.cluster(name)?.cluster)).collect()
    } else {
        Vec::new()
    };
    let jobs = jobs(&export, &team).await?;
    if clusters.is_empty() && jobs.is_empty() {
        return Err(Failure::answer_no("there is nothing to export"));
    }
    if client.format == Format::Json {
        println!("{:#}", serde_json::json!({ "clusters": clusters, "jobs": jobs }));
        return Ok(());
    }
    let Some(folder) = &export.dir else {
        let texts = clusters.iter().map(document).chain(jobs.iter().map(document));
        print!("{}", texts.collect::<Vec<_>>().join("---\n"));
        return Ok(());
    };
    let written = write(folder, &clusters, jobs);
    let count = written.map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    eprintln!("Wrote {count} files to {}.", folder.display());
    Ok(())
}

/// Writes the targets of the platform.
async fn targets(export: &Export, client: &Client) -> Result<(), Failure> {
    let targets = all(client).await?;
    if targets.is_empty() {
        return Err(Failure::answer_no("there is nothing to export"));
    }
    if client.format == Format::Json {
        println!("{:#}", serde_json::json!({ "targets": targets }));
        return Ok(());
    }
    let Some(folder) = &export.dir else {
        print!("{}", targets.iter().map(document).collect::<Vec<_>>().join("---\n"));
        return Ok(());
    };
    let mut taken = BTreeSet::new();
    let mut write = || {
        std::fs::create_dir_all(folder)?;
        for target in &targets {
            let name = file_name(&format!("target-{}", target.name), &mut taken);
            std::fs::write(folder.join(format!("{name}.yaml")), document(target))?;
        }
        Ok::<(), std::io::Error>(())
    };
    write().map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    eprintln!("Wrote {} files to {}.", targets.len(), folder.display());
    Ok(())
}

async fn jobs(export: &Export, team: &Team) -> Result<Vec<Job>, Failure> {
    let mut named = export.jobs.clone();
    if named.is_empty() {
        let found = team.client.all("/jobs", &query(&export.labels)).await?;
        named = found.iter().map(|job| at(job, "id").to_owned()).collect();
    }
    let mut jobs = Vec::new();
    for name in &named {
        let found = team.job(name).await?;
        let Found { now, .. } = found.ok_or_else(|| Failure::refused(format!("the team has no job '{name}'")))?;
        if now.revision == 0 {
            eprintln!("Job '{}' has no draft yet: left out.", now.draft.name);
        } else {
            jobs.push(Job {
                restart: now
                    .draft
                    .restart
                    .as_ref()
                    .map(Restart::plain)
                    .filter(|restart| *restart != NO_RESTART),
                ..now.draft
            });
        }
    }
    jobs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(jobs)
}

fn write(folder: &Path, clusters: &[Cluster], jobs: Vec<Job>) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut taken = BTreeSet::new();
    let mut count = 0;
    let mut put = |name: &str, text: &str| {
        count += 1;
        std::fs::write(folder.join(name), text)
    };
    for cluster in clusters {
        let name = file_name(&format!("cluster-{}", cluster.name), &mut taken);
        put(&format!("{name}.yaml"), &document(cluster))?;
    }
    for mut job in jobs {
        let name = file_name(&job.name, &mut taken);
        if let Some(sql) = job.sql.take_if(|sql| sql.lines().count() > INLINE_LINES) {
            let script = format!("{name}.sql");
            put(&script, &sql)?;
            job.sql_file = Some(script);
        }
        put(&format!("{name}.yaml"), &document(&job))?;
    }
    Ok(count)
}

/// A name that every file system takes: letters and digits of any script, the rest as dashes.
fn file_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let mut short = String::new();
    for c in name.chars().map(plain) {
        if short.len() + c.len_utf8() > MAX_FILE_NAME {
            break;
        }
        short.push(c);
    }
    let mut unique = short.clone();
    let mut next = 2;
    // Some file systems do not tell capital letters from small ones.
    while !taken.insert(unique.to_lowercase()) {
        unique = format!("{short}-{next}");
        next += 1;
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_harmless_and_differ() {
        let mut taken = BTreeSet::new();
        let mut name = |text: &str| file_name(text, &mut taken);
        assert_eq!(name("orders per minute"), "orders-per-minute");
        assert_eq!(name("Orders/per..minute"), "Orders-per--minute");
        assert_eq!(name("orders-per-minute"), "orders-per-minute-2");
        assert_eq!(name("../../etc/passwd"), "------etc-passwd");
        assert_eq!(name("订单"), "订单");
        assert_eq!(name(&"x".repeat(300)).len(), MAX_FILE_NAME);
        assert_eq!(name("..."), "---");
    }
}
