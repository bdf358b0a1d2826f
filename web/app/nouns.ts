// The nouns as the console names them. The generated names stay behind this file.
export type {
  Artifact,
  ArtifactKind,
  ArtifactUse,
  Checkpoint,
  Checkpoints,
  CheckReport,
  Cluster,
  ClusterProcess,
  Condition,
  Draft,
  DraftRevision,
  Event,
  Finding,
  FlinkVersion,
  Installation,
  Job,
  JobConfiguration,
  JobException,
  JobGraph as Graph,
  JobSpec,
  LogFile,
  LogTail,
  Me,
  NewCluster,
  NewJobSpec,
  Operation,
  Person,
  Problem,
  Release,
  ReleaseDiff,
  ReleaseSummary,
  Run,
  Session,
  Snapshot,
  StartState,
  Step,
  Token,
  Upload,
  Verdict,
  Vertex,
} from './api';

import type { ArtifactKind, Job, Operation, StopRequest } from './api';

export type Label = Job['status']['label'];
export type OperationState = Operation['state'];
export type StopMode = NonNullable<StopRequest['mode']>;
/** What an optional field of the API can be. */
export type Maybe<T> = T | null | undefined;

export const ARTIFACT_KINDS: readonly ArtifactKind[] = ['job_jar', 'udf_jar', 'connector', 'python_file', 'archive'];

export const LABELS: readonly Label[] = [
  'running',
  'starting',
  'restarting',
  'stopping',
  'failed',
  'ended',
  'stopped',
  'finished',
  'draft',
];
