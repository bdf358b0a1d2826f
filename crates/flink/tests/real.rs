//! Real Flink: clusters of JVMs through `LocalHost`, jobs through `Rest`, for every home that the variable
//! `STREAMWRIGHT_TEST_FLINK_HOMES` lists (separated by `:`). They need Java, the built runner jar, and the
//! better part of a minute for each version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod lab;
mod papers;

use std::fs;

use domain::cluster::ProcessLook;
use domain::connection::{ClientCertificate, Connection};
use domain::flink_version::VersionNumber;
use domain::observation::{FlinkState, Presence};
use domain::ports::{
    ClusterHost, ClusterObserver, Endpoint, JobControl, JobReader, Launch, PortError, SavepointProgress, SavepointRequest, StateStorage,
    Submission,
};
use domain::sql::StatementKind;
use flink::LocalStorage;
use lab::{Lab, NAME, NoVault, endless, homes, left, submission, until};
use papers::Papers;

/// What Flink says of a running job: graph with figures, checkpoints, configuration, logs.
async fn read_a_job(lab: &Lab, endpoint: &Endpoint, id: &str) {
    let detail = until("figures are there", || async {
        let detail = lab.rest.detail(endpoint, id).await.map_err(|error| error.to_string())?;
        let flows = detail.vertices.iter().all(|vertex| vertex.back_pressure.is_some()) && detail.vertices[1].records_in > Some(0);
        if flows { Ok(detail) } else { Err(format!("{detail:?}")) }
    })
    .await;
    assert_eq!((detail.state.as_str(), detail.vertices.len()), ("RUNNING", 2));
    assert_eq!(detail.vertices[1].inputs, [detail.vertices[0].id.clone()]);
    assert_eq!(detail.vertices[1].tasks.get("RUNNING"), Some(&1));
    assert!(detail.vertices[1].busy.is_some_and(|busy| (0.0..=1.0).contains(&busy)));
    assert!(detail.started_at.is_some());

    let checkpoints = until("a checkpoint is complete", || async {
        let checkpoints = lab.rest.checkpoints(endpoint, id).await.map_err(|error| error.to_string())?;
        if checkpoints.latest.is_some() {
            Ok(checkpoints)
        } else {
            Err(format!("{checkpoints:?}"))
        }
    })
    .await;
    let latest = checkpoints.latest.unwrap();
    assert!(latest.path.is_some_and(|path| path.contains("/chk-")) && latest.size_bytes > Some(0) && latest.completed_at.is_some());
    assert!(checkpoints.completed > 0 && !checkpoints.history.is_empty());
    assert_eq!(lab.rest.exceptions(endpoint, id).await, Ok(Vec::new()));

    let configuration = lab.rest.configuration(endpoint, Some(id)).await.unwrap();
    assert_eq!(configuration["heartbeat.timeout"], "20000");
    assert_eq!(configuration["execution.checkpointing.interval"], "1000 ms");
    assert_eq!(configuration["pipeline.name"], "job 1");
    let files = lab.rest.log_files(endpoint).await.unwrap();
    let named = |name: &str| {
        files
            .iter()
            .find(|file| file.name == name)
            .unwrap_or_else(|| panic!("{name} in {files:?}"))
    };
    for name in ["jobmanager.log", "taskmanager-1.log"] {
        let file = named(name);
        let tail = lab.rest.log_tail(endpoint, &file.process, name, 500).await.unwrap();
        assert!((1..=500).contains(&tail.len()), "{tail}");
    }
    assert!(named("jobmanager.out").process == "jobmanager");
    assert!(
        !files.iter().any(|file| file.name == "spec.json"),
        "Flink shows more than logs: {files:?}"
    );
}

/// A submission that Flink refuses says why, the cause first and with the script's line.
async fn read_refusals(lab: &Lab, endpoint: &Endpoint) {
    let missing = Submission {
        restore_path: Some(lab.uri("nowhere")),
        ..endless(lab, 3)
    };
    let wrong = submission(4, &[(StatementKind::Insert, "INSERT INTO nowhere SELECT 1")]);
    for (refused, beginning, words) in [
        (missing, "line 3: ", "Cannot find checkpoint or savepoint"),
        (wrong, "line 1: ", "nowhere"),
    ] {
        let error = lab.rest.submit(endpoint, &refused).await.unwrap_err();
        assert!(matches!(error, PortError::Refused { status: Some(400), .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.starts_with(beginning) && message.contains(words), "{message}");
    }
}

/// A job that fails says why.
async fn read_a_failure(lab: &Lab, endpoint: &Endpoint) {
    let failing = submission(
        9,
        &[
            (
                StatementKind::Ddl,
                "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5')",
            ),
            (StatementKind::Ddl, "CREATE TABLE sink (n INT) WITH ('connector' = 'blackhole')"),
            (StatementKind::Insert, "INSERT INTO sink SELECT n / (n - n) FROM numbers"),
        ],
    );
    lab.rest.submit(endpoint, &failing).await.unwrap();
    lab.reach(endpoint, &failing.flink_job_id, FlinkState::Failed).await;
    let exceptions = lab.rest.exceptions(endpoint, &failing.flink_job_id).await.unwrap();
    assert!(exceptions[0].cause.contains("/ by zero"), "{exceptions:?}");
    assert!(
        exceptions[0].at.is_some() && exceptions[0].class.contains('.') && exceptions[0].trace.contains("Caused by"),
        "{exceptions:?}"
    );
    assert!(matches!(
        lab.presence(endpoint, &failing.flink_job_id).await,
        Ok(Presence::Present { ended_at: Some(_), .. })
    ));
    // It takes no checkpoints, which is not the same as not being there.
    assert_eq!(
        lab.rest
            .checkpoints(endpoint, &failing.flink_job_id)
            .await
            .map(|found| found.completed),
        Ok(0)
    );
    assert!(lab.rest.checkpoints(endpoint, &"d".repeat(32)).await.unwrap_err().not_found());
    assert!(lab.rest.detail(endpoint, &"d".repeat(32)).await.unwrap_err().not_found());
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_job_is_started_saved_stopped_restored_and_cancelled() {
    for home in homes() {
        let lab = Lab::new(&home, 1);
        let (endpoint, sight) = lab.up().await;
        assert_eq!(sight.version, home.version.to_string());
        assert_eq!(lab.rest.detect_version(&endpoint.rest_url, None).await, Ok(home.version));
        assert!(!sight.incarnation.is_empty());

        let first = endless(&lab, 1);
        lab.rest.submit(&endpoint, &first).await.unwrap();
        lab.reach(&endpoint, &first.flink_job_id, FlinkState::Running).await;
        // The same again while it runs is harmless.
        lab.rest.submit(&endpoint, &first).await.unwrap();
        let jobs = lab.rest.look(&endpoint).await.unwrap().jobs;
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].name, "job 1");

        read_a_job(&lab, &endpoint, &first.flink_job_id).await;
        let request = |folder: &str, trigger: u8| SavepointRequest {
            flink_job_id: first.flink_job_id.clone(),
            trigger_id: format!("{trigger:032x}"),
            directory: lab.uri(folder),
            drain: false,
        };
        let trigger = lab.rest.trigger_savepoint(&endpoint, &request("one", 7)).await.unwrap();
        let location = lab.savepoint(&endpoint, &first.flink_job_id, &trigger).await.unwrap();
        let found = LocalStorage.find(&lab.uri("one")).await.unwrap().unwrap();
        assert_eq!(
            location.trim_start_matches("file:").trim_start_matches("//"),
            found.path.trim_start_matches("file://")
        );
        assert!(found.size_bytes > 0);
        let unknown = lab
            .rest
            .savepoint_progress(&endpoint, &first.flink_job_id, &"f".repeat(32))
            .await
            .unwrap();
        assert_eq!(unknown, SavepointProgress::NotKnown);

        let trigger = lab.rest.stop_with_savepoint(&endpoint, &request("two", 8)).await.unwrap();
        let location = lab.savepoint(&endpoint, &first.flink_job_id, &trigger).await.unwrap();
        lab.reach(&endpoint, &first.flink_job_id, FlinkState::Finished).await;
        lab.rest.cancel(&endpoint, &first.flink_job_id).await.unwrap();

        let second = Submission {
            restore_path: Some(location),
            ..endless(&lab, 2)
        };
        lab.rest.submit(&endpoint, &second).await.unwrap();
        lab.reach(&endpoint, &second.flink_job_id, FlinkState::Running).await;
        lab.rest.cancel(&endpoint, &second.flink_job_id).await.unwrap();
        lab.reach(&endpoint, &second.flink_job_id, FlinkState::Canceled).await;
        lab.rest.cancel(&endpoint, &second.flink_job_id).await.unwrap();
        lab.rest.cancel(&endpoint, &"e".repeat(32)).await.unwrap();

        read_a_failure(&lab, &endpoint).await;
        read_refusals(&lab, &endpoint).await;

        lab.host.terminate(NAME).await.unwrap();
        assert_eq!(left(lab.dir.path()), Vec::<i32>::new());
        lab.host.remove(NAME).await.unwrap();
        assert_eq!(fs::read_dir(lab.dir.path().join("clusters")).unwrap().count(), 0);
    }
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_killed_job_manager_is_recorded_and_comes_back_at_its_address() {
    for home in homes() {
        let lab = Lab::new(&home, 2);
        let (endpoint, before) = lab.up().await;
        let job = endless(&lab, 1);
        lab.rest.submit(&endpoint, &job).await.unwrap();
        lab.reach(&endpoint, &job.flink_job_id, FlinkState::Running).await;
        // What runs is kept.
        let pids = |looks: Vec<ProcessLook>| looks.into_iter().map(|look| look.pid).collect::<Vec<_>>();
        let first = pids(lab.host.processes(NAME).await.unwrap());
        lab.up().await;
        assert_eq!(pids(lab.host.processes(NAME).await.unwrap()), first);
        assert!(lab.host.remove(NAME).await.is_err(), "a folder was removed under a running cluster");

        let pid = i32::try_from(lab.process("jobmanager").await.pid.unwrap()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        let dead = until("the end is recorded", || async {
            let look = lab.process("jobmanager").await;
            if look.exit_code.is_some() {
                Ok(look)
            } else {
                Err(format!("{look:?}"))
            }
        })
        .await;
        assert_eq!((dead.pid, dead.exit_code), (None, Some(137)));
        assert!(dead.ended_at.is_some());
        assert!(lab.rest.look(&endpoint).await.is_err());

        let (again, after) = lab.up().await;
        assert_eq!(again, endpoint);
        assert_ne!(after.incarnation, before.incarnation);
        assert_eq!(lab.presence(&again, &job.flink_job_id).await, Ok(Presence::Absent));
        // Nothing of the first life runs on: the job can be started again at once.
        let second = pids(lab.host.processes(NAME).await.unwrap());
        assert!(
            second.iter().all(|pid| pid.is_some() && !first.contains(pid)),
            "{first:?} {second:?}"
        );
        lab.rest.submit(&again, &job).await.unwrap();
        lab.reach(&again, &job.flink_job_id, FlinkState::Running).await;

        // One TaskManager less is ended, not forgotten.
        let smaller = Launch {
            task_managers: 1,
            ..lab.launch.clone()
        };
        lab.host.launch(&smaller).await.unwrap();
        assert_eq!(lab.host.processes(NAME).await.unwrap().len(), 2);
        lab.host.terminate(NAME).await.unwrap();
        lab.host.terminate(NAME).await.unwrap();
        assert_eq!(left(lab.dir.path()), Vec::<i32>::new());
        let looks = lab.host.processes(NAME).await.unwrap();
        assert!(looks.iter().all(|look| look.pid.is_none() && look.exit_code.is_some()), "{looks:?}");
        assert!(lab.log("jobmanager").await.contains("StandaloneSessionClusterEntrypoint") || !lab.log("jobmanager").await.is_empty());
    }
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_jvm_that_cannot_start_says_why() {
    for home in homes().into_iter().take(1) {
        let mut lab = Lab::new(&home, 0);
        lab.launch.configuration.insert(
            "env.java.opts.jobmanager".to_owned(),
            "-XX:NoSuchFlag=1 -XX:-IgnoreUnrecognizedVMOptions".to_owned(),
        );
        lab.host.launch(&lab.launch).await.unwrap();
        let dead = until("the end is recorded", || async {
            let look = lab.process("jobmanager").await;
            if look.exit_code.is_some() {
                Ok(look)
            } else {
                Err(format!("{look:?}"))
            }
        })
        .await;
        assert_eq!(dead.exit_code, Some(1));
        assert!(
            lab.log("jobmanager").await.contains("NoSuchFlag"),
            "{}",
            lab.log("jobmanager").await
        );
    }
}

/// What is wrong with a connection is said so that somebody can mend it, and says nothing of a job.
async fn refuse_in_words(lab: &Lab, papers: &Papers, rest_url: &str) {
    let whole = papers.connection();
    let stranger = Papers::make(&lab.dir.path().join("strangers")).connection();
    let plain = rest_url.replace("https://", "http://");
    for (rest_url, connection, words) in [
        (rest_url, Connection::default(), "an authority that is not trusted here"),
        (
            rest_url,
            Connection {
                ca_certificate: stranger.ca_certificate.clone(),
                ..whole.clone()
            },
            "authority",
        ),
        (
            rest_url,
            Connection {
                client: None,
                ..whole.clone()
            },
            "client certificate",
        ),
        (
            rest_url,
            Connection {
                client: stranger.client.clone(),
                ..whole.clone()
            },
            "client certificate",
        ),
        (
            rest_url,
            Connection {
                client: Some(papers.expired()),
                ..whole.clone()
            },
            "client certificate",
        ),
        (&plain, Connection::default(), ""),
    ] {
        let sealed = connection.seal(&NoVault).unwrap();
        let error = lab.rest.detect_version(rest_url, sealed.as_ref()).await.unwrap_err();
        println!("{error:?}");
        assert!(error.to_string().contains(words), "{words}: {error:?}");
        assert!(
            words.is_empty() || matches!(error, PortError::Refused { status: None, .. }),
            "{error:?}"
        );
        let endpoint = Endpoint {
            rest_url: rest_url.to_owned(),
            version: VersionNumber::new(2, 2, 1),
            connection: sealed,
        };
        assert!(matches!(lab.rest.look(&endpoint).await, Err(PortError::Retry(_))));
    }
    let torn = |client: Option<ClientCertificate>| Connection { client, ..whole.clone() };
    let pair = |certificate: &Connection, key: &Connection| {
        let (certificate, key) = (certificate.client.clone().unwrap(), key.client.clone().unwrap());
        ClientCertificate {
            certificate: certificate.certificate,
            key: key.key,
        }
    };
    assert_eq!(lab.rest.check_connection(&whole), Ok(()));
    let wrong = lab.rest.check_connection(&torn(Some(pair(&whole, &stranger)))).unwrap_err();
    assert!(wrong.field == "clientKey" && wrong.message.contains("does not belong"), "{wrong:?}");
}

/// A REST address with TLS and client certificates: of an own authority, in Flink's own words.
#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES, the runner jar, openssl and keytool"]
async fn an_address_with_tls_wants_our_certificate_and_shows_its_own() {
    for home in homes() {
        let mut lab = Lab::new(&home, 1);
        let papers = Papers::make(lab.dir.path());
        lab.launch.configuration.extend(papers.flink_configuration());
        let rest_url = lab.host.launch(&lab.launch).await.unwrap().replace("http://", "https://");
        let with = |connection: Connection| Endpoint {
            rest_url: rest_url.clone(),
            version: home.version,
            connection: connection.seal(&NoVault).unwrap(),
        };
        let whole = with(papers.connection());
        until("the slots are there", || async {
            let sight = lab.rest.look(&whole).await.map_err(|error| error.to_string())?;
            if sight.slots_total >= 2 {
                Ok(())
            } else {
                Err(format!("{sight:?}\n{}", lab.log("jobmanager").await))
            }
        })
        .await;
        let detected = lab.rest.detect_version(&rest_url, whole.connection.as_ref()).await;
        assert_eq!(detected, Ok(home.version));
        let stranger = lab.rest.look(&with(Connection::default())).await.unwrap_err();
        assert!(stranger.to_string().contains("certificate"), "{stranger}");
        let nameless = with(Connection {
            client: None,
            ..papers.connection()
        });
        assert!(matches!(lab.rest.look(&nameless).await, Err(PortError::Retry(_))));
        refuse_in_words(&lab, &papers, &rest_url).await;
        let job = endless(&lab, 1);
        lab.rest.submit(&whole, &job).await.unwrap();
        until("it runs", || async {
            let sight = lab.rest.look(&whole).await.map_err(|error| error.to_string())?;
            let runs = sight.jobs.iter().any(|seen| seen.presence.all_tasks_running());
            if runs { Ok(()) } else { Err(format!("{sight:?}")) }
        })
        .await;
        lab.rest.cancel(&whole, &job.flink_job_id).await.unwrap();
        lab.host.terminate(NAME).await.unwrap();
    }
}
