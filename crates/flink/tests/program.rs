//! Programs on real Flink: what a main method gets, and what is said when it does what a session cluster cannot.
//! As `real.rs`, for every home in `STREAMWRIGHT_TEST_FLINK_HOMES`; the program is compiled from `lab/jars`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

#[allow(dead_code, reason = "real.rs uses the rest")]
mod lab;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use domain::artifact::Digest;
use domain::observation::FlinkState;
use domain::ports::{Endpoint, JobControl, JobReader, PortError, Program, SessionJar, Submission};
use lab::{Home, Lab, homes, submission};
use sha2::Digest as _;

/// Arguments as nobody should write them.
const ODD: &[&str] = &[
    "",
    " ",
    "a  b ",
    "it's \"quoted\"",
    "line\nbreak\ttab",
    "订单 🚀",
    "--x=$(id)",
    "\\",
    "-",
    "%20+",
    "{\"json\": [1]}",
];

fn build(home: &Home, folder: &Path) -> SessionJar {
    let path = folder.join("program.jar");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab/jars/build.sh");
    let built = Command::new(script)
        .args([Path::new("Program"), &home.path, &path])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let digest = Digest::of(sha2::Sha256::digest(fs::read(&path).unwrap()).into());
    SessionJar { path, digest }
}

struct Bed<'a> {
    lab: &'a Lab,
    endpoint: Endpoint,
    jar: SessionJar,
}

impl Bed<'_> {
    fn submission(&self, id: u8, what: &str, odd: &[&str]) -> Submission {
        let told = self.lab.dir.path().join(format!("told-{id}"));
        let args = [told.to_str().unwrap(), what].into_iter().chain(odd.iter().copied());
        Submission {
            program: Program::Jar {
                entry_class: None,
                args: args.map(str::to_owned).collect(),
            },
            jar: Some(self.jar.clone()),
            configuration: BTreeMap::from([("execution.checkpointing.interval".to_owned(), "700 ms".to_owned())]),
            ..submission(id, &[])
        }
    }

    async fn submit(&self, submission: &Submission) -> Result<(), PortError> {
        self.lab.rest.submit(&self.endpoint, submission).await
    }

    /// What main was given.
    fn told(&self, id: u8) -> Vec<String> {
        let text = fs::read_to_string(self.lab.dir.path().join(format!("told-{id}"))).unwrap();
        let decoded = |line: &str| String::from_utf8(base64::engine::general_purpose::STANDARD.decode(line).unwrap()).unwrap();
        text.lines().map(decoded).collect()
    }

    async fn refusal(&self, id: u8, what: &str) -> String {
        let error = self.submit(&self.submission(id, what, &[])).await.unwrap_err();
        assert!(
            matches!(
                error,
                PortError::Refused {
                    status: Some(400 | 500),
                    ..
                }
            ),
            "{what}: {error:?}"
        );
        error.to_string()
    }
}

/// A main that starts its job gets its arguments and configuration as they were given, and sending twice starts once.
async fn arguments_and_configuration(bed: &Bed<'_>) {
    let odd = bed.submission(1, "run", ODD);
    bed.submit(&odd).await.unwrap();
    bed.lab.reach(&bed.endpoint, &odd.flink_job_id, FlinkState::Running).await;
    assert_eq!(bed.told(1)[2..], *ODD);
    if bed.endpoint.version.capabilities().run_flink_configuration {
        let configuration = bed.lab.rest.configuration(&bed.endpoint, Some(&odd.flink_job_id)).await.unwrap();
        assert_eq!(configuration["execution.checkpointing.interval"], "700 ms");
        assert_eq!(configuration["pipeline.name"], "job 1");
        let sight = bed.lab.presence(&bed.endpoint, &odd.flink_job_id).await.unwrap();
        assert!(sight.all_tasks_running());
    }
    bed.submit(&odd).await.unwrap();
    bed.lab.rest.cancel(&bed.endpoint, &odd.flink_job_id).await.unwrap();
    bed.lab.reach(&bed.endpoint, &odd.flink_job_id, FlinkState::Canceled).await;
    let short = bed.submission(2, "finish", &[]);
    bed.submit(&short).await.unwrap();
    bed.lab.reach(&bed.endpoint, &short.flink_job_id, FlinkState::Finished).await;
    let async_ = bed.submission(3, "async", &[]);
    bed.submit(&async_).await.unwrap();
    bed.lab.reach(&bed.endpoint, &async_.flink_job_id, FlinkState::Running).await;
    bed.lab.rest.cancel(&bed.endpoint, &async_.flink_job_id).await.unwrap();
    bed.lab.reach(&bed.endpoint, &async_.flink_job_id, FlinkState::Canceled).await;
}

/// What a main cannot do is said in a sentence; a job that it had started goes on under our id.
async fn refusals(bed: &Bed<'_>) {
    let thrown = bed.refusal(4, "throw").await;
    assert!(
        thrown.starts_with("IllegalArgumentException: --topic is missing in 2 arguments (at lab.Program.main("),
        "{thrown}"
    );
    let nothing = bed.refusal(5, "nothing").await;
    assert!(nothing.contains("must call execute()"), "{nothing}");
    for (id, what, words) in [(6, "twice", "more than once"), (7, "wait", "cannot do in a session cluster")] {
        let submission = bed.submission(id, what, &[]);
        let refusal = bed.refusal(id, what).await;
        assert!(refusal.contains(words), "{what}: {refusal}");
        bed.lab.reach(&bed.endpoint, &submission.flink_job_id, FlinkState::Running).await;
        bed.lab.rest.cancel(&bed.endpoint, &submission.flink_job_id).await.unwrap();
        bed.lab.reach(&bed.endpoint, &submission.flink_job_id, FlinkState::Canceled).await;
    }
    let mut missing = bed.submission(8, "run", &[]);
    missing.program = Program::Jar {
        entry_class: Some("lab.Nobody".to_owned()),
        args: Vec::new(),
    };
    let missing = bed.submit(&missing).await.unwrap_err().to_string();
    assert!(missing.contains("lab.Nobody"), "{missing}");
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn programs_run_as_they_were_given_and_what_they_cannot_do_is_said() {
    for home in homes() {
        let lab = Lab::new(&home, 1);
        let jar = build(&home, lab.dir.path());
        let (endpoint, _) = lab.up().await;
        let bed = Bed { lab: &lab, endpoint, jar };
        arguments_and_configuration(&bed).await;
        refusals(&bed).await;
    }
}
