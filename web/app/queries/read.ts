// What is read, by noun. Each is a query of the generated client; live/invalidate.ts says which change makes it old.
import { queryOptions } from '@tanstack/react-query';
import {
  diffReleaseOptions,
  getCheckpointsOptions,
  getClusterLogTailOptions,
  getClusterOptions,
  getConfigurationOptions,
  getDraftOptions,
  getDraftRevisionOptions,
  getGraphOptions,
  getJobOptions,
  getLogTailOptions,
  getMeOptions,
  getReleaseOptions,
  listArtifactsOptions,
  listClusterEventsOptions,
  listClusterLogsOptions,
  listClusterOperationsOptions,
  listClustersOptions,
  listDraftsOptions,
  listEventsOptions,
  listExceptionsOptions,
  listFlinkVersionsOptions,
  listInstallationsOptions,
  listJobsQueryKey,
  listLogsOptions,
  listOperationsOptions,
  listReleasesOptions,
  listSessionsOptions,
  listSnapshotsOptions,
  listTokensOptions,
} from '../api/@tanstack/react-query.gen';
import { listJobs } from '../api/sdk.gen';
import type { Job } from '../nouns';

const PAGE = 500;
const MOST_PAGES = 20;

/** All jobs of a team: filters and counts are worked out here, so that they answer at once. */
async function allJobs(team: string, signal: AbortSignal): Promise<Job[]> {
  const jobs: Job[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data } = await listJobs({ path: { team }, query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, signal, throwOnError: true });
    jobs.push(...data.items);
    if (!data.nextCursor) break;
    cursor = data.nextCursor;
  }
  return jobs;
}

export const read = {
  me: () => ({ ...getMeOptions(), staleTime: 300_000 }),
  sessions: () => listSessionsOptions(),
  tokens: () => listTokensOptions(),
  flinkVersions: () => listFlinkVersionsOptions(),
  installations: () => listInstallationsOptions(),
  /** The newest version of each artifact; with a name, all its versions. */
  jars: (team: string, name?: string) => listArtifactsOptions({ path: { team }, query: { limit: 500, ...(name ? { name } : {}) } }),
  clusters: (team: string) => listClustersOptions({ path: { team } }),
  cluster: (team: string, cluster: string) => getClusterOptions({ path: { team, cluster } }),
  clusterLogs: (team: string, cluster: string) => listClusterLogsOptions({ path: { team, cluster } }),
  clusterLogTail: (team: string, cluster: string, process: string, file: string, bytes: number) => ({
    ...getClusterLogTailOptions({ path: { team, cluster }, query: { process, file, bytes } }),
    staleTime: 0,
  }),
  clusterEvents: (team: string, cluster: string) => listClusterEventsOptions({ path: { team, cluster }, query: { limit: 100 } }),
  clusterOperations: (team: string, cluster: string) => listClusterOperationsOptions({ path: { team, cluster } }),
  jobs: (team: string) => queryOptions({ queryKey: listJobsQueryKey({ path: { team } }), queryFn: ({ signal }) => allJobs(team, signal) }),
  job: (team: string, job: string) => getJobOptions({ path: { team, job } }),
  draft: (team: string, job: string) => getDraftOptions({ path: { team, job } }),
  drafts: (team: string, job: string) => listDraftsOptions({ path: { team, job } }),
  draftRevision: (team: string, job: string, revision: number) =>
    getDraftRevisionOptions({ path: { team, job, revision: String(revision) } }),
  releases: (team: string, job: string) => listReleasesOptions({ path: { team, job } }),
  release: (team: string, job: string, number: number) => getReleaseOptions({ path: { team, job, release: String(number) } }),
  releaseDiff: (team: string, job: string, number: number, against: number) =>
    diffReleaseOptions({ path: { team, job, release: String(number) }, query: { against } }),
  operations: (team: string, job: string) => listOperationsOptions({ path: { team, job }, query: { limit: 100 } }),
  events: (team: string, job: string) => listEventsOptions({ path: { team, job }, query: { limit: 300 } }),
  snapshots: (team: string, job: string) => listSnapshotsOptions({ path: { team, job } }),
  graph: (team: string, job: string) => ({ ...getGraphOptions({ path: { team, job } }), staleTime: 2_000 }),
  checkpoints: (team: string, job: string) => ({ ...getCheckpointsOptions({ path: { team, job } }), staleTime: 5_000 }),
  exceptions: (team: string, job: string) => ({ ...listExceptionsOptions({ path: { team, job } }), staleTime: 5_000 }),
  configuration: (team: string, job: string) => getConfigurationOptions({ path: { team, job } }),
  logs: (team: string, job: string) => listLogsOptions({ path: { team, job } }),
  logTail: (team: string, job: string, process: string, file: string, bytes: number) => ({
    ...getLogTailOptions({ path: { team, job }, query: { process, file, bytes } }),
    staleTime: 0,
  }),
};
