// Every address of the console, in one place. Pages and links use these; nothing else writes a path.
import { linkOptions } from '@tanstack/react-router';
import type { ArtifactKind, Label } from './nouns';

export const JOB_TABS = ['overview', 'sql', 'timeline', 'runs', 'checkpoints', 'exceptions', 'logs', 'configuration', 'releases'] as const;
export type JobTab = (typeof JOB_TABS)[number];

export const JOB_DIALOGS = ['start', 'stop', 'replace', 'delete', 'savepoint', 'rename', 'release', 'detach', 'restart'] as const;
export type JobDialog = (typeof JOB_DIALOGS)[number];

export interface JobsSearch {
  search?: string;
  label?: Label;
  /** Open dialog, and of which job. */
  dialog?: 'new' | 'start' | 'stop';
  of?: string;
}

export interface JobSearch {
  dialog?: JobDialog;
  /** Snapshot chosen before the start dialog opened. */
  snapshot?: string;
  /** Releases compared. */
  release?: number;
  against?: number;
  /** Release whose objects in Kubernetes are shown. */
  objects?: number;
  /** Revision of the draft shown beside the newest. */
  revision?: number;
  /** The run whose evidence is shown. */
  run?: string;
  /** Log file, and what is searched in it. */
  process?: string;
  file?: string;
  find?: string;
  follow?: boolean;
  /** After the release is made, go on to the start dialog. */
  after?: 'start';
}

export interface ClustersSearch {
  dialog?: 'new';
}

export const CLUSTER_DIALOGS = ['connection', 'jars', 'adopt'] as const;

export interface ClusterSearch {
  dialog?: (typeof CLUSTER_DIALOGS)[number];
  /** The Flink job that is to be adopted. */
  of?: string;
  process?: string;
  find?: string;
  follow?: boolean;
}

export interface ArtifactsSearch {
  search?: string;
  kind?: ArtifactKind;
  dialog?: 'upload';
  /** The name that gets a new version. */
  of?: string;
}

export interface VariablesSearch {
  search?: string;
  dialog?: 'new' | 'edit';
  /** Name of the variable that the dialog is about. */
  of?: string;
}

export interface VersionsSearch {
  dialog?: 'install' | 'add' | 'grant';
  /** Which version the dialog is about. */
  of?: string;
}

export interface TargetsSearch {
  dialog?: 'new' | 'edit' | 'grant' | 'test';
  /** Which target the dialog is about. */
  of?: string;
}

export interface MembersSearch {
  dialog?: 'invite';
  tab?: 'audit';
}

export interface AdministrationSearch {
  tab?: 'users' | 'teams' | 'audit';
  dialog?: 'user' | 'team';
}

export interface SignInSearch {
  next?: string;
}

export const paths = {
  home: () => linkOptions({ to: '/' }),
  signIn: (search: SignInSearch = {}) => linkOptions({ to: '/sign-in', search }),
  jobs: (team: string, search: JobsSearch = {}) => linkOptions({ to: '/teams/$team/jobs', params: { team }, search }),
  job: (team: string, job: string, tab: JobTab = 'overview', search: JobSearch = {}) =>
    linkOptions({ to: '/teams/$team/jobs/$job/$tab', params: { team, job, tab }, search }),
  clusters: (team: string, search: ClustersSearch = {}) => linkOptions({ to: '/teams/$team/clusters', params: { team }, search }),
  cluster: (team: string, cluster: string, search: ClusterSearch = {}) =>
    linkOptions({ to: '/teams/$team/clusters/$cluster', params: { team, cluster }, search }),
  artifacts: (team: string, search: ArtifactsSearch = {}) => linkOptions({ to: '/teams/$team/artifacts', params: { team }, search }),
  members: (team: string, search: MembersSearch = {}) => linkOptions({ to: '/teams/$team/members', params: { team }, search }),
  administration: (search: AdministrationSearch = {}) => linkOptions({ to: '/administration', search }),
  messages: (team: string) => linkOptions({ to: '/teams/$team/messages', params: { team } }),
  variables: (team: string, search: VariablesSearch = {}) => linkOptions({ to: '/teams/$team/variables', params: { team }, search }),
  versions: (search: VersionsSearch = {}) => linkOptions({ to: '/flink-versions', search }),
  targets: (search: TargetsSearch = {}) => linkOptions({ to: '/targets', search }),
  account: () => linkOptions({ to: '/account' }),
};

/** The whole address of a one-time link; what is after `#` is sent to nobody. */
const oneTime = (page: string, secret: string) => `${new URL('.', document.baseURI).href}${page}#token=${secret}`;
export const signInLink = (secret: string) => oneTime('sign-in', secret);
export const invitationLink = (secret: string) => oneTime('invitation', secret);

/** Only addresses of this console may be gone back to after signing in. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\') || next.startsWith('/sign-in')) return '/';
  return next;
}
