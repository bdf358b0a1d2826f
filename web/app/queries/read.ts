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
  getEvidenceLogOptions,
  getEvidenceOptions,
  getGraphOptions,
  getJobOptions,
  getLogTailOptions,
  getManifestsOptions,
  getMeOptions,
  getReleaseOptions,
  getRestartPolicyOptions,
  listArtifactsOptions,
  listArtifactsQueryKey,
  listClusterEventsOptions,
  listClusterLogsOptions,
  listClusterOperationsOptions,
  listClustersOptions,
  listDeliveriesOptions,
  listDestinationsOptions,
  listDraftsOptions,
  listEventsOptions,
  listExceptionsOptions,
  listFlinkVersionGrantsOptions,
  listFlinkVersionsOptions,
  listFoundClustersOptions,
  listInstallationsOptions,
  listInvitationsOptions,
  listJobsQueryKey,
  listLogsOptions,
  listMembersOptions,
  listOperationsOptions,
  listReleasesOptions,
  listRunsOptions,
  listSessionsOptions,
  listSnapshotsOptions,
  listTargetsOptions,
  listTeamFlinkVersionsOptions,
  listTeamsOptions,
  listTeamTargetsOptions,
  listTokensOptions,
  listUploadsOptions,
  listUsersQueryKey,
  listVariablesOptions,
} from '../api/@tanstack/react-query.gen';
import { listArtifacts, listJobs, listUsers } from '../api/sdk.gen';
import type { Account, Artifact, Job } from '../nouns';

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

/** The newest version of every name of a team. */
async function allArtifacts(team: string, signal: AbortSignal): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
    const { data } = await listArtifacts({ path: { team }, query, signal, throwOnError: true });
    artifacts.push(...data.items);
    if (!data.nextCursor) break;
    cursor = data.nextCursor;
  }
  return artifacts;
}

/** All accounts, for the same reason. */
async function allUsers(signal: AbortSignal): Promise<Account[]> {
  const users: Account[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data } = await listUsers({ query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, signal, throwOnError: true });
    users.push(...data.items);
    if (!data.nextCursor) break;
    cursor = data.nextCursor;
  }
  return users;
}

export const read = {
  me: () => ({ ...getMeOptions(), staleTime: 300_000 }),
  sessions: () => listSessionsOptions(),
  tokens: () => listTokensOptions(),
  flinkVersions: () => listFlinkVersionsOptions(),
  flinkVersionGrants: () => listFlinkVersionGrantsOptions(),
  targets: () => listTargetsOptions(),
  teamFlinkVersions: (team: string) => listTeamFlinkVersionsOptions({ path: { team } }),
  teamTargets: (team: string) => listTeamTargetsOptions({ path: { team } }),
  foundClusters: (team: string, target: string) => ({
    ...listFoundClustersOptions({ path: { team, target } }),
    staleTime: 0,
    retry: false,
  }),
  users: () => queryOptions({ queryKey: listUsersQueryKey(), queryFn: ({ signal }) => allUsers(signal) }),
  teams: () => listTeamsOptions(),
  members: (team: string) => listMembersOptions({ path: { team } }),
  invitations: (team: string) => listInvitationsOptions({ path: { team } }),
  installations: () => listInstallationsOptions(),
  artifacts: (team: string) =>
    queryOptions({ queryKey: listArtifactsQueryKey({ path: { team } }), queryFn: ({ signal }) => allArtifacts(team, signal) }),
  artifactVersions: (team: string, name: string) => listArtifactsOptions({ path: { team }, query: { name, limit: PAGE } }),
  uploads: (team: string) => listUploadsOptions({ path: { team } }),
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
  restartPolicy: (team: string, job: string) => getRestartPolicyOptions({ path: { team, job } }),
  destinations: (team: string) => listDestinationsOptions({ path: { team } }),
  deliveries: (team: string) => listDeliveriesOptions({ path: { team } }),
  variables: (team: string) => listVariablesOptions({ path: { team } }),
  draft: (team: string, job: string) => getDraftOptions({ path: { team, job } }),
  drafts: (team: string, job: string) => listDraftsOptions({ path: { team, job } }),
  draftRevision: (team: string, job: string, revision: number) =>
    getDraftRevisionOptions({ path: { team, job, revision: String(revision) } }),
  releases: (team: string, job: string) => listReleasesOptions({ path: { team, job } }),
  release: (team: string, job: string, number: number) => getReleaseOptions({ path: { team, job, release: String(number) } }),
  releaseDiff: (team: string, job: string, number: number, against: number) =>
    diffReleaseOptions({ path: { team, job, release: String(number) }, query: { against } }),
  manifests: (team: string, job: string, release: number) => ({
    ...getManifestsOptions({ path: { team, job }, query: { release, compare: true } }),
    staleTime: 0,
  }),
  operations: (team: string, job: string) => listOperationsOptions({ path: { team, job }, query: { limit: 100 } }),
  events: (team: string, job: string) => listEventsOptions({ path: { team, job }, query: { limit: 300 } }),
  snapshots: (team: string, job: string) => listSnapshotsOptions({ path: { team, job } }),
  graph: (team: string, job: string) => ({ ...getGraphOptions({ path: { team, job } }), staleTime: 2_000 }),
  checkpoints: (team: string, job: string) => ({ ...getCheckpointsOptions({ path: { team, job } }), staleTime: 5_000 }),
  runs: (team: string, job: string) => listRunsOptions({ path: { team, job } }),
  evidence: (team: string, job: string, run: string) => getEvidenceOptions({ path: { team, job, run } }),
  keptLog: (team: string, job: string, run: string, process: string, file: string) =>
    getEvidenceLogOptions({ path: { team, job, run }, query: { process, file } }),
  exceptions: (team: string, job: string) => ({ ...listExceptionsOptions({ path: { team, job } }), staleTime: 5_000 }),
  configuration: (team: string, job: string) => getConfigurationOptions({ path: { team, job } }),
  logs: (team: string, job: string) => listLogsOptions({ path: { team, job } }),
  logTail: (team: string, job: string, process: string, file: string, bytes: number) => ({
    ...getLogTailOptions({ path: { team, job }, query: { process, file, bytes } }),
    staleTime: 0,
  }),
};
