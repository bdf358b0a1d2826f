// What is changed, by noun. Requests that start an operation carry an idempotency key made when the dialog opened,
// so that a second click or a repeated send is the same request.
import * as sdk from '../api/sdk.gen';
import type {
  ArtifactRef,
  DestinationRules,
  NewCluster,
  NewConnection,
  NewDestination,
  NewJobSpec,
  NewTarget,
  NewTargetTest,
  NewToken,
  NewVariable,
  RestartPolicy,
  Role,
  StartState,
  StopMode,
} from '../nouns';

export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

export interface StartChoice {
  release?: number;
  state?: StartState;
  allowNonRestoredState?: boolean;
  claimMode?: 'NO_CLAIM' | 'CLAIM';
  parallelism?: number;
}

interface JobPath {
  team: string;
  job: string;
}

const keyed = (key: string) => ({ 'idempotency-key': key });
const take = async <T>(answer: Promise<{ data: T }>): Promise<T> => (await answer).data;
const must = { throwOnError: true } as const;

export const write = {
  signIn: (name: string, password: string) => take(sdk.signIn({ body: { name, password }, ...must })),
  signInLink: (token: string) => take(sdk.signInByLink({ body: { token }, ...must })),
  signOut: () => take(sdk.signOut(must)),
  setPassword: (next: string, current?: string) => take(sdk.setPassword({ body: { new: next, ...(current ? { current } : {}) }, ...must })),
  endSession: (session: string) => take(sdk.deleteSession({ path: { session }, ...must })),
  createToken: (body: NewToken) => take(sdk.createToken({ body, ...must })),
  deleteToken: (token: string) => take(sdk.deleteToken({ path: { token }, ...must })),

  createUser: (name: string, platformAdmin: boolean) => take(sdk.createUser({ body: { name, platformAdmin }, ...must })),
  changeUser: (user: string, body: { platformAdmin?: boolean; disabled?: boolean }) =>
    take(sdk.changeUser({ path: { user }, body, ...must })),
  createUserLink: (user: string) => take(sdk.createUserLink({ path: { user }, body: {}, ...must })),
  createTeam: (name: string) => take(sdk.createTeam({ body: { name }, ...must })),
  changeTeam: (team: string, disabled: boolean) => take(sdk.changeTeam({ path: { team }, body: { disabled }, ...must })),
  setMember: (team: string, user: string, role: Role) => take(sdk.setMember({ path: { team, user }, body: { role }, ...must })),
  removeMember: (team: string, user: string) => take(sdk.removeMember({ path: { team, user }, ...must })),
  invite: (team: string, body: { role: Role; note: string; expiresInHours: number }) =>
    take(sdk.createInvitation({ path: { team }, body, ...must })),
  revokeInvitation: (team: string, invitation: string) => take(sdk.deleteInvitation({ path: { team, invitation }, ...must })),
  lookAtInvitation: (token: string) => take(sdk.lookAtInvitation({ body: { token }, ...must })),
  acceptInvitation: (token: string, name: string, password: string) =>
    take(sdk.acceptInvitation({ body: { token, name, password }, ...must })),
  joinByInvitation: (token: string) => take(sdk.joinByInvitation({ body: { token }, ...must })),
  grantFlinkVersion: (version: string, body: { allTeams: boolean; teams: string[] }) =>
    take(sdk.grantFlinkVersion({ path: { version }, body, ...must })),

  addFlinkVersion: (home: string) => take(sdk.addFlinkVersion({ body: { home }, ...must })),
  installFlinkVersion: (version: string, source: 'pypi' | 'archive') =>
    take(sdk.installFlinkVersion({ body: { version, source }, ...must })),
  deleteFlinkVersion: (version: string) => take(sdk.deleteFlinkVersion({ path: { version }, ...must })),

  createTarget: (body: NewTarget) => take(sdk.createTarget({ body, ...must })),
  changeTarget: (target: string, revision: number, body: NewTarget) =>
    take(sdk.changeTarget({ path: { target }, headers: { 'if-match': `"${revision}"` }, body, ...must })),
  deleteTarget: (target: string) => take(sdk.deleteTarget({ path: { target }, ...must })),
  testTarget: (target: string, probe: boolean) => take(sdk.testTarget({ path: { target }, body: { probe }, ...must })),
  cancelProbe: (target: string) => take(sdk.cancelProbe({ path: { target }, ...must })),
  testTargetPlace: (body: NewTargetTest) => take(sdk.testPlace({ body, ...must })),
  grantTarget: (target: string, body: { allTeams: boolean; teams: string[] }) => take(sdk.grantTarget({ path: { target }, body, ...must })),

  deleteArtifact: (team: string, artifact: string) => take(sdk.deleteArtifact({ path: { team, artifact }, ...must })),
  deleteUpload: (team: string, upload: string) => take(sdk.deleteUpload({ path: { team, upload }, ...must })),

  createVariable: (team: string, body: NewVariable) => take(sdk.createVariable({ path: { team }, body, ...must })),
  changeVariable: (team: string, variable: string, body: { value?: string; secret?: boolean; description?: string }) =>
    take(sdk.changeVariable({ path: { team, variable }, body, ...must })),
  deleteVariable: (team: string, variable: string) => take(sdk.deleteVariable({ path: { team, variable }, ...must })),

  createCluster: (team: string, body: NewCluster) => take(sdk.createCluster({ path: { team }, body, ...must })),
  startCluster: (team: string, cluster: string) =>
    take(sdk.startCluster({ path: { team, cluster }, body: {}, headers: keyed(newKey()), ...must })),
  stopCluster: (team: string, cluster: string) =>
    take(sdk.stopCluster({ path: { team, cluster }, body: {}, headers: keyed(newKey()), ...must })),
  deleteCluster: (team: string, cluster: string) => take(sdk.deleteCluster({ path: { team, cluster }, ...must })),

  setConnection: (team: string, cluster: string, body: NewConnection) =>
    take(sdk.setConnection({ path: { team, cluster }, body, ...must })),
  testConnection: (team: string, cluster: string, body: NewConnection) =>
    take(sdk.testConnection({ path: { team, cluster }, body, ...must })),
  testAddress: (team: string, restUrl: string, connection: NewConnection) =>
    take(sdk.testAddress({ path: { team }, body: { restUrl, connection }, ...must })),
  setAccess: (team: string, cluster: string, readOnly: boolean) =>
    take(sdk.setAccess({ path: { team, cluster }, body: { readOnly }, ...must })),
  setClusterJars: (team: string, cluster: string, jars: ArtifactRef[]) =>
    take(sdk.setClusterJars({ path: { team, cluster }, body: { jars }, ...must })),

  createJob: (team: string, body: { name: string; description?: string; spec?: NewJobSpec }) =>
    take(sdk.createJob({ path: { team }, body, ...must })),
  changeJob: (path: JobPath, body: { name?: string; description?: string; labels?: Record<string, string> }) =>
    take(sdk.changeJob({ path, body, ...must })),
  deleteJob: (path: JobPath, key: string) => take(sdk.deleteJob({ path, headers: keyed(key), ...must })),
  saveDraft: (path: JobPath, base: number, body: NewJobSpec) =>
    take(sdk.saveDraft({ path, body, headers: { 'if-match': `"${base}"` }, ...must })),
  createRelease: (path: JobPath, body: { draftRevision?: number; note?: string; overrideErrors?: boolean }) =>
    take(sdk.createRelease({ path, body, ...must })),
  startJob: (path: JobPath, body: StartChoice, key: string) => take(sdk.startJob({ path, body, headers: keyed(key), ...must })),
  stopJob: (path: JobPath, mode: StopMode, key: string) => take(sdk.stopJob({ path, body: { mode }, headers: keyed(key), ...must })),
  savepointJob: (path: JobPath, key: string) => take(sdk.takeSavepoint({ path, body: {}, headers: keyed(key), ...must })),
  replaceJob: (path: JobPath, body: StartChoice & { stop?: StopMode }, key: string) =>
    take(sdk.replaceJob({ path, body, headers: keyed(key), ...must })),
  adoptJob: (path: JobPath, flinkJobId: string, key: string) =>
    take(sdk.adoptJob({ path, body: { flinkJobId }, headers: keyed(key), ...must })),
  detachJob: (path: JobPath) => take(sdk.detachJob({ path, body: {}, ...must })),
  setRestartPolicy: (path: JobPath, body: RestartPolicy) => take(sdk.setRestartPolicy({ path, body, ...must })),
  createDestination: (team: string, body: NewDestination) => take(sdk.createDestination({ path: { team }, body, ...must })),
  changeDestination: (team: string, destination: string, body: DestinationRules) =>
    take(sdk.changeDestination({ path: { team, destination }, body, ...must })),
  deleteDestination: (team: string, destination: string) => take(sdk.deleteDestination({ path: { team, destination }, ...must })),
  testDestination: (team: string, destination: string) => take(sdk.testDestination({ path: { team, destination }, body: {}, ...must })),
  cancelOperation: (team: string, operation: string) => take(sdk.cancelOperation({ path: { team, operation }, body: {}, ...must })),
  check: (
    team: string,
    body: {
      sql: string;
      cluster?: string;
      flinkVersion?: string;
      configuration?: Record<string, string>;
      jars?: ArtifactRef[];
      tier?: 'parse' | 'deep';
    },
    signal: AbortSignal,
  ) => take(sdk.checkSql({ path: { team }, body, signal, ...must })),
};
