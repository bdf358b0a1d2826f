// Which queries a change makes old. Pure decision first, then the one place that tells the cache.
import type { QueryClient, QueryKey } from '@tanstack/react-query';

export interface Change {
  sequence: number;
  noun: string;
  id: string;
  jobId?: string | null;
}

interface KeyPart {
  _id?: string;
  path?: Record<string, unknown>;
}

/** Queries that show a job's whole view, by their id in the generated client. */
const JOB_VIEWS = ['getJob', 'listJobs', 'listOperations', 'listEvents', 'getRestartPolicy'];
const RUN_READS = ['getGraph', 'getCheckpoints', 'listExceptions', 'listLogs', 'getConfiguration', 'listRuns'];

/** Artifacts say who uses them. */
const ARTIFACT_READS = ['listArtifacts', 'getArtifact'];

/** Variables say who uses them, and with which release. */
const VARIABLE_READS = ['listVariables', 'getVariable'];

const BY_NOUN: Record<string, readonly string[]> = {
  job: [...JOB_VIEWS, ...VARIABLE_READS],
  artifact: ARTIFACT_READS,
  upload: ['listUploads'],
  variable: VARIABLE_READS,
  draft: ['getDraft', 'listDrafts', 'getJob', 'listJobs', ...ARTIFACT_READS, ...VARIABLE_READS],
  release: ['listReleases', 'getJob', 'listJobs', 'listEvents', ...ARTIFACT_READS, ...VARIABLE_READS],
  operation: [...JOB_VIEWS, 'listSnapshots', 'listClusters', 'getCluster', 'listClusterOperations', 'listClusterLogs'],
  run: [...JOB_VIEWS, ...RUN_READS, ...VARIABLE_READS],
  observation: ['getJob', 'listJobs', ...RUN_READS],
  snapshot: ['listSnapshots', 'getCheckpoints', 'getJob', 'listEvents'],
  event: ['listEvents', 'listClusterEvents'],
  cluster: ['listClusters', 'getCluster', 'listJobs', 'getJob', 'listClusterOperations'],
  look: ['listClusters', 'getCluster', 'listJobs', 'getJob'],
  flink_version: ['listFlinkVersions', 'listTeamFlinkVersions', 'listFlinkVersionGrants'],
  target: ['listTargets', 'getTarget', 'listTeamTargets'],
  installation: ['listInstallations', 'listFlinkVersions', 'listTeamFlinkVersions'],
  team: ['getMe', 'listTeams', 'listMembers'],
  invitation: ['listInvitations'],
  destination: ['listDestinations'],
  delivery: ['listDeliveries'],
  user: ['getMe', 'listUsers', 'listSessions', 'listTokens'],
  session: ['listSessions', 'getMe'],
  token: ['listTokens'],
};

function part(key: QueryKey): KeyPart {
  const first = key[0];
  return typeof first === 'object' && first !== null ? (first as KeyPart) : {};
}

const FLINK_READS = [...RUN_READS, 'getLogTail', 'getClusterLogTail', 'listClusterLogs'];
const asksFlink = (key: QueryKey) => FLINK_READS.includes(part(key)._id ?? '');

/** Whether a change makes the query with this key old. An unknown noun makes everything of its job old. */
export function touches(change: Change, key: QueryKey): boolean {
  const { _id: query, path } = part(key);
  if (!query) return false;
  const job = change.jobId ?? (change.noun === 'job' ? change.id : undefined);
  if (job !== undefined && path?.job !== undefined && path.job !== job) return false;
  if (change.noun === 'cluster' && path?.cluster !== undefined && path.cluster !== change.id) return false;
  const known = BY_NOUN[change.noun];
  if (!known) return job === undefined || path?.job === job || query === 'listJobs';
  return known.includes(query);
}

/** Changes gathered for a moment become one round of refetching. */
export function gatherer(queries: QueryClient, waitMs = 120, restMs = 1_000) {
  let flushed = 0;
  let waiting: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    const changes = waiting;
    waiting = [];
    timer = undefined;
    flushed = Date.now();
    void queries.invalidateQueries({ predicate: (query) => changes.some((change) => touches(change, query.queryKey)) });
  };
  return {
    add(change: Change) {
      waiting.push(change);
      // A moment for what belongs together; then a rest, so that a busy cluster does not mean endless reading.
      if (timer === undefined) timer = setTimeout(flush, Math.max(waitMs, flushed + restMs - Date.now()));
    },
    /** What the server keeps is read once more; what Flink is asked for is not. */
    begun() {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => part(queryKey).path !== undefined && !asksFlink(queryKey) });
    },
    all() {
      void queries.invalidateQueries();
    },
  };
}
