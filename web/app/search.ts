// Reads search parameters from an address: whatever a person typed there becomes a valid value or nothing.
import { ARTIFACT_KINDS, LABELS } from './nouns';
import {
  type AdministrationSearch,
  type ArtifactsSearch,
  CLUSTER_DIALOGS,
  type ClusterSearch,
  type ClustersSearch,
  JOB_DIALOGS,
  type JobSearch,
  type JobsSearch,
  type MembersSearch,
  type SignInSearch,
  type TargetsSearch,
  type VariablesSearch,
  type VersionsSearch,
} from './paths';

type Raw = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

function count(value: unknown): number | undefined {
  const number = Number(text(value));
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

function oneOf<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

const yes = (value: unknown): true | undefined => (value === true || value === 'true' ? true : undefined);

/** Leaves out what is not set, so that addresses stay short. */
function filled<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;
}

export const jobsSearch = (raw: Raw): JobsSearch =>
  filled({
    search: text(raw.search),
    label: oneOf(raw.label, LABELS),
    dialog: oneOf(raw.dialog, ['new', 'start', 'stop'] as const),
    of: text(raw.of),
  });

export const jobSearch = (raw: Raw): JobSearch =>
  filled({
    dialog: oneOf(raw.dialog, JOB_DIALOGS),
    snapshot: text(raw.snapshot),
    release: count(raw.release),
    against: count(raw.against),
    objects: count(raw.objects),
    revision: count(raw.revision),
    process: text(raw.process),
    file: text(raw.file),
    find: text(raw.find),
    follow: yes(raw.follow),
    after: oneOf(raw.after, ['start'] as const),
  });

export const clustersSearch = (raw: Raw): ClustersSearch => filled({ dialog: oneOf(raw.dialog, ['new'] as const) });
export const clusterSearch = (raw: Raw): ClusterSearch =>
  filled({
    dialog: oneOf(raw.dialog, CLUSTER_DIALOGS),
    of: text(raw.of),
    process: text(raw.process),
    find: text(raw.find),
    follow: yes(raw.follow),
  });
export const artifactsSearch = (raw: Raw): ArtifactsSearch =>
  filled({
    search: text(raw.search),
    kind: oneOf(raw.kind, ARTIFACT_KINDS),
    dialog: oneOf(raw.dialog, ['upload'] as const),
    of: text(raw.of),
  });
export const variablesSearch = (raw: Raw): VariablesSearch =>
  filled({ search: text(raw.search), dialog: oneOf(raw.dialog, ['new', 'edit'] as const), of: text(raw.of) });
export const versionsSearch = (raw: Raw): VersionsSearch =>
  filled({ dialog: oneOf(raw.dialog, ['install', 'add', 'grant'] as const), of: text(raw.of) });
export const targetsSearch = (raw: Raw): TargetsSearch =>
  filled({ dialog: oneOf(raw.dialog, ['new', 'edit', 'grant', 'test'] as const), of: text(raw.of) });
export const membersSearch = (raw: Raw): MembersSearch =>
  filled({ dialog: oneOf(raw.dialog, ['invite'] as const), tab: oneOf(raw.tab, ['audit'] as const) });
export const administrationSearch = (raw: Raw): AdministrationSearch =>
  filled({ tab: oneOf(raw.tab, ['users', 'teams', 'audit'] as const), dialog: oneOf(raw.dialog, ['user', 'team'] as const) });
export const signInSearch = (raw: Raw): SignInSearch => filled({ next: text(raw.next) });
