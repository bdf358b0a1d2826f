// The nouns as the console names them. The generated names stay behind this file.
export type {
  Account,
  Artifact,
  ArtifactKind,
  ArtifactRef,
  ArtifactUse,
  AuditEntry,
  Checkpoint,
  Checkpoints,
  CheckReport,
  Cluster,
  ClusterProcess,
  Condition,
  Connection,
  ConnectionSight,
  Delivery,
  Destination,
  DestinationRules,
  Draft,
  DraftRevision,
  Event,
  Evidence,
  Finding,
  FlinkVersion,
  FlinkVersionGrant,
  Installation,
  Invitation,
  Job,
  JobConfiguration,
  JobException,
  JobGraph as Graph,
  JobSpec,
  LogFile,
  LogTail,
  Me,
  Member,
  NewCluster,
  NewConnection,
  NewDestination,
  NewJobSpec,
  NewTarget,
  NewTargetTest,
  NewToken,
  NewVariable,
  Operation,
  Person,
  PinnedArtifact,
  Problem,
  Release,
  ReleaseDiff,
  ReleaseSummary,
  RestartPolicy,
  Role,
  Run,
  Session,
  Snapshot,
  StartState,
  Step,
  Target,
  TargetCheck,
  TargetReport,
  Team,
  Token,
  Upload,
  Variable,
  VariableUser,
  Verdict,
  Vertex,
} from './api';

import type { ArtifactKind, Job, Operation, Role, StopRequest } from './api';

export type Label = Job['status']['label'];
export type OperationState = Operation['state'];
export type StopMode = NonNullable<StopRequest['mode']>;
/** What an optional field of the API can be. */
export type Maybe<T> = T | null | undefined;

export const ARTIFACT_KINDS: readonly ArtifactKind[] = ['job_jar', 'udf_jar', 'connector', 'python_file', 'archive'];
/** The roles of a team, lowest first: each may do what the ones before it may. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'developer', 'team_admin'];

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
