// The nouns as the console names them. The generated names stay behind this file.
export type {
  Artifact,
  ArtifactRef,
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
  PinnedArtifact,
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
  Verdict,
  Vertex,
} from './api';

import type { Job, Operation, StopRequest } from './api';

export type Label = Job['status']['label'];
export type OperationState = Operation['state'];
export type StopMode = NonNullable<StopRequest['mode']>;
/** What an optional field of the API can be. */
export type Maybe<T> = T | null | undefined;

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
