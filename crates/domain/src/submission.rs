//! What is sent to start a run, as far as its release and the choices of its start decide it.

use std::collections::BTreeMap;

use crate::draft::Code;
use crate::flink_version::VersionNumber;
use crate::id::RunId;
use crate::ports::{Program, Submission};
use crate::release::ReleaseContent;
use crate::run::StartOptions;

/// One start of a release: a run, made or only thought of.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// The run, from which the Flink job id is derived.
    pub run_id: RunId,
    /// The choices of the start.
    pub options: &'a StartOptions,
    /// Path to restore from.
    pub restore_path: Option<&'a str>,
    /// The version of the cluster that runs it.
    pub version: VersionNumber,
    /// The job's checkpoint directory, where there is state storage.
    pub checkpoints: Option<String>,
}

impl Start<'_> {
    /// The submission, without a jar and without secrets.
    #[must_use]
    pub fn submission(self, content: &ReleaseContent) -> Submission {
        Submission {
            flink_job_id: self.run_id.flink_job_id(),
            job_name: content.name.clone(),
            program: program(content),
            jar: None,
            parallelism: self.options.parallelism.or(content.spec.parallelism),
            restore_path: self.restore_path.map(str::to_owned),
            allow_non_restored_state: self.options.allow_non_restored_state,
            claim_mode: self.options.claim_mode,
            secrets: Vec::new(),
            configuration: self.configuration(&content.spec.configuration),
        }
    }

    /// The release's configuration with ours below it (checkpoints retained, time for savepoints) and above it
    /// (a checkpoint directory of the job's own).
    fn configuration(self, declared: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut configuration = BTreeMap::from([
            (
                "execution.checkpointing.externalized-checkpoint-retention".to_owned(),
                "RETAIN_ON_CANCELLATION".to_owned(),
            ),
            ("execution.checkpointing.timeout".to_owned(), "30 min".to_owned()),
        ]);
        configuration.extend(declared.clone());
        if let Some(directory) = self.checkpoints {
            configuration.insert(self.version.capabilities().checkpoints_dir_key.to_owned(), directory);
        }
        configuration
    }
}

/// What a release runs, in the words of a submission.
fn program(content: &ReleaseContent) -> Program {
    match &content.spec.code {
        Code::Sql { .. } => Program::Sql {
            statements: content.statements.clone(),
        },
        Code::Jar { entry_class, args, .. } => Program::Jar {
            entry_class: entry_class.clone(),
            args: args.clone(),
        },
    }
}
