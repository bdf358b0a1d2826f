// Where a job runs: on a session cluster of the team, or on a cluster of its own in one of the team's targets. Pure.
import { type Spec, templatesOf } from './draft-edit';
import type { TeamTarget } from './nouns';

/** A cluster of its own, which comes and goes with each run. */
export interface Application {
  targetId?: string;
  flinkVersion?: string;
}

/** One of both: what is sent is never a mixture. */
export type Place = Pick<Spec, 'clusterId' | 'application'>;

/** The same draft at another place; nothing of the former one stays, and pod templates only where there are pods of its own. */
export function placed(spec: Spec, place: Place): Spec {
  const { clusterId: _, application: __, jobManagerTemplate: ___, taskManagerTemplate: ____, ...rest } = spec;
  return { ...rest, ...place, ...(place.application ? templatesOf(spec) : {}) };
}

/** The place as it is sent; a session cluster unless told. */
export function placeBody({ clusterId, application }: Place) {
  if (application) return { mode: 'application' as const, ...application };
  return clusterId ? { clusterId } : {};
}

/** An application in a target, with the version that the job had before, else with the first choice there. */
export function inTarget(target: TeamTarget, before: string | undefined, installed: readonly string[]): Application {
  const flinkVersion = before ?? versionChoices(target, installed)[0];
  return { targetId: target.id, ...(flinkVersion ? { flinkVersion } : {}) };
}

const WHOLE = /^\d+\.\d+\.\d+$/;
const minorOf = (version: string) => version.split('.').slice(0, 2).join('.');

function newerFirst(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const at = [0, 1, 2].find((place) => left?.[place] !== right?.[place]) ?? 0;
  return (right?.[at] ?? 0) - (left?.[at] ?? 0);
}

/** Versions to offer: those that the target has images of, then the others that can check a script. */
export function versionChoices(target: Pick<TeamTarget, 'images'> | undefined, installed: readonly string[]): string[] {
  const named = Object.keys(target?.images ?? {});
  const ofMinor = installed.filter((version) => named.includes(minorOf(version)));
  const first = [...new Set([...named.filter((version) => WHOLE.test(version)), ...ofMinor])].sort(newerFirst);
  return [...first, ...installed.filter((version) => !first.includes(version)).sort(newerFirst)];
}

/** The image that a version runs with: the target's for the version, else for its minor, else the official one. */
export function imageOf(target: Pick<TeamTarget, 'images'> | undefined, version: string | undefined): string | undefined {
  if (!target || !version || !WHOLE.test(version)) return undefined;
  return target.images[version] ?? target.images[minorOf(version)] ?? `flink:${version}`;
}
