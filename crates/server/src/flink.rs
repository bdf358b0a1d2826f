//! `streamwright flink …`: the Flink versions of a data folder, with or without a server running on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::flink_version::{FlinkVersion, InvalidVersion, VersionNumber};
use domain::grant::Grant;
use domain::id::FlinkVersionId;
use domain::ports::{FlinkInstaller, InstallSource};
use serde_json::json;
use store::Store;

use crate::cli::{FlinkCommand, Format, Origin};
use crate::failure::Failure;
use crate::place::Place;
use crate::remote::print::table;
use crate::{remote, wiring};

/// Runs `flink …`.
///
/// # Errors
/// When a version is not known, cannot be installed, or the data folder cannot be used.
pub async fn run(command: FlinkCommand) -> Result<(), Failure> {
    match command {
        FlinkCommand::Install {
            version,
            place,
            source,
            base_url,
        } => {
            let Place { data, url } = Place::of(&place)?;
            let version: VersionNumber = version.parse().map_err(|error: InvalidVersion| Failure::usage(error.to_string()))?;
            let source = match source {
                Origin::Pypi => InstallSource::Pypi,
                Origin::Archive => InstallSource::Archive { base_url },
            };
            let store = Store::open(&url).await?;
            let found = install(&store, &data, version, &source).await?;
            prepare(&data, &found).await;
            println!("Flink {version} is installed in {}", found.home);
        }
        FlinkCommand::Add { home, place } => {
            let Place { data, url } = Place::of(&place)?;
            let installer = artifacts::Installer::new(&data);
            let home = home
                .canonicalize()
                .map_err(|error| Failure::usage(format!("{}: {error}", home.display())))?;
            let version = installer.probe(&home).await?;
            let store = Store::open(&url).await?;
            let added = register(&store, &installer, version, (&home.display().to_string(), "added")).await?;
            prepare(&data, &added).await;
            println!("Flink {version} in {} is added", added.home);
        }
        FlinkCommand::List { place, output } => {
            let store = Store::open(&Place::of(&place)?.url).await?;
            list(&store.flink_versions().await?, &grants(&store).await?, output);
        }
        FlinkCommand::Grant(grant) => remote::grant::grant(grant).await?,
        FlinkCommand::Revoke(revoke) => remote::grant::revoke(revoke).await?,
    }
    Ok(())
}

/// The database of a data folder.
///
/// # Errors
/// When the folder or the database cannot be used.
pub async fn open(data: &Path) -> Result<Store, Failure> {
    std::fs::create_dir_all(data).map_err(|error| Failure::usage(format!("{} cannot be made: {error}", data.display())))?;
    let data = data
        .canonicalize()
        .map_err(|error| Failure::usage(format!("{}: {error}", data.display())))?;
    let url = crate::environment::variable("STREAMWRIGHT_DATABASE");
    let url = url.unwrap_or_else(|| Store::sqlite_url(&data.join("streamwright.db")));
    Ok(Store::open(&url).await?)
}

/// The home of a version that the folder's database knows.
///
/// # Errors
/// When the database cannot be read.
pub async fn registered(data: &Path, version: VersionNumber) -> Result<Option<PathBuf>, Failure> {
    if !data.join("streamwright.db").exists() && crate::environment::variable("STREAMWRIGHT_DATABASE").is_none() {
        return Ok(None);
    }
    Ok(open(data)
        .await?
        .flink_version_by_number(version)
        .await?
        .map(|known| PathBuf::from(known.home)))
}

/// Installs a version with progress on standard error, and writes it down. Safe to call again.
///
/// # Errors
/// When it cannot be installed.
pub async fn install(store: &Store, data: &Path, version: VersionNumber, source: &InstallSource) -> Result<FlinkVersion, Failure> {
    if let Some(known) = store.flink_version_by_number(version).await? {
        return Ok(known);
    }
    let installer = artifacts::Installer::new(data);
    let progress = |sentence: &str, share: Option<f64>| match share {
        Some(share) => eprintln!("  {sentence} ({:.0} %)", share * 100.0),
        None => eprintln!("  {sentence}"),
    };
    let home = installer.install(version, source, &progress).await?;
    let word = match source {
        InstallSource::Pypi => "pypi",
        InstallSource::Archive { .. } => "archive",
    };
    register(store, &installer, version, (&home, word)).await
}

/// Makes the first check of a version as quick as the later ones. What goes wrong here only costs time then.
pub async fn prepare(data: &Path, version: &FlinkVersion) {
    eprintln!("  preparing the SQL check of Flink {}", version.version);
    let prepared = async {
        let data = data.canonicalize().map_err(|error| Failure::usage(error.to_string()))?;
        let planners = wiring::planners(&data)?;
        planners
            .prepare_now(Path::new(&version.home), Path::new(&version.java_home))
            .await?;
        Ok::<(), Failure>(())
    };
    if let Err(failure) = prepared.await {
        eprintln!("  not prepared, the first checks take longer: {failure}");
    }
}

async fn register(
    store: &Store,
    installer: &artifacts::Installer,
    version: VersionNumber,
    from: (&str, &str),
) -> Result<FlinkVersion, Failure> {
    if let Some(known) = store.flink_version_by_number(version).await? {
        if known.home == from.0 {
            return Ok(known);
        }
        return Err(Failure::usage(format!("Flink {version} is known already, in {}", known.home)));
    }
    let added = FlinkVersion {
        id: FlinkVersionId(store::new_id()),
        version,
        home: from.0.to_owned(),
        java_home: installer.find_java().await?,
        source: from.1.to_owned(),
        created_at: store::now(),
    };
    store.insert_flink_version(&added).await?;
    Ok(added)
}

/// The names of the teams that may use a version, where not all may.
async fn grants(store: &Store) -> Result<BTreeMap<FlinkVersionId, Vec<String>>, Failure> {
    let teams = store.teams().await?;
    let mut named = BTreeMap::new();
    for (version, grant) in store.flink_version_grants().await? {
        if let Grant::Teams(some) = grant {
            let some = teams.iter().filter(|team| some.contains(&team.id));
            named.insert(version, some.map(|team| team.name.clone()).collect());
        }
    }
    Ok(named)
}

fn list(versions: &[FlinkVersion], grants: &BTreeMap<FlinkVersionId, Vec<String>>, output: Format) {
    match output {
        Format::Json => {
            let items: Vec<_> = versions
                .iter()
                .map(|v| {
                    let mut item = json!({ "version": v.version, "home": v.home, "javaHome": v.java_home, "source": v.source });
                    item["allTeams"] = json!(!grants.contains_key(&v.id));
                    item["teams"] = json!(grants.get(&v.id).cloned().unwrap_or_default());
                    item
                })
                .collect();
            println!("{:#}", json!({ "items": items }));
        }
        Format::Text => {
            let teams = |v: &FlinkVersion| match grants.get(&v.id) {
                None => "all".to_owned(),
                Some(none) if none.is_empty() => "none".to_owned(),
                Some(some) => some.join(", "),
            };
            let rows: Vec<_> = versions
                .iter()
                .map(|v| vec![v.version.to_string(), v.source.clone(), teams(v), v.home.clone()])
                .collect();
            print!("{}", table(&["VERSION", "SOURCE", "TEAMS", "HOME"], &rows));
        }
    }
}
