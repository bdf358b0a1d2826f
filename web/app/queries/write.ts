// What is changed, by noun. Requests that start an operation carry an idempotency key made when the dialog opened,
// so that a second click or a repeated send is the same request.
import * as sdk from '../api/sdk.gen';
import type { ArtifactRef, NewCluster, NewJobSpec, StartState, StopMode } from '../nouns';

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
  createToken: (name: string, expiresInDays?: number) =>
    take(sdk.createToken({ body: { name, ...(expiresInDays ? { expiresInDays } : {}) }, ...must })),
  deleteToken: (token: string) => take(sdk.deleteToken({ path: { token }, ...must })),

  addFlinkVersion: (home: string) => take(sdk.addFlinkVersion({ body: { home }, ...must })),
  installFlinkVersion: (version: string, source: 'pypi' | 'archive') =>
    take(sdk.installFlinkVersion({ body: { version, source }, ...must })),
  deleteFlinkVersion: (version: string) => take(sdk.deleteFlinkVersion({ path: { version }, ...must })),

  createCluster: (team: string, body: NewCluster) => take(sdk.createCluster({ path: { team }, body, ...must })),
  startCluster: (team: string, cluster: string) =>
    take(sdk.startCluster({ path: { team, cluster }, body: {}, headers: keyed(newKey()), ...must })),
  stopCluster: (team: string, cluster: string) =>
    take(sdk.stopCluster({ path: { team, cluster }, body: {}, headers: keyed(newKey()), ...must })),
  deleteCluster: (team: string, cluster: string) => take(sdk.deleteCluster({ path: { team, cluster }, ...must })),

  createJob: (team: string, body: { name: string; description?: string; spec?: NewJobSpec }) =>
    take(sdk.createJob({ path: { team }, body, ...must })),
  changeJob: (path: JobPath, body: { name?: string; description?: string }) => take(sdk.changeJob({ path, body, ...must })),
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
  detachJob: (path: JobPath) => take(sdk.detachJob({ path, body: {}, ...must })),
  cancelOperation: (team: string, operation: string) => take(sdk.cancelOperation({ path: { team, operation }, body: {}, ...must })),
  check: (
    team: string,
    body: { sql: string; cluster?: string; configuration?: Record<string, string>; jars?: ArtifactRef[]; tier?: 'parse' | 'deep' },
    signal: AbortSignal,
  ) => take(sdk.checkSql({ path: { team }, body, signal, ...must })),
};
