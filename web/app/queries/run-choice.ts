// What a run is started with, chosen in a dialog: release, state, and what goes with them.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Snapshot } from '../nouns';
import type { MoreValue } from '../parts/start-more';
import { asState, type StateValue } from '../parts/state-choice';
import { read } from './read';
import type { StartChoice } from './write';

/** The choice so far: the proposal until a person decides otherwise. `body` is missing while it is not complete. */
export function useRunChoice(team: string, job: string, propose: (snapshots: readonly Snapshot[]) => StateValue) {
  // What is chosen from must be as it is now, not as it was when another page read it.
  const releases = useQuery({ ...read.releases(team, job), staleTime: 0 });
  const snapshots = useQuery({ ...read.snapshots(team, job), staleTime: 0 });
  const [chosenRelease, setRelease] = useState<number>();
  const [chosenState, setState] = useState<StateValue>();
  const [more, setMore] = useState<MoreValue>({ claimMode: 'NO_CLAIM' });
  const ready = releases.isFetchedAfterMount && snapshots.isFetchedAfterMount && Boolean(releases.data && snapshots.data);
  const offered = snapshots.data?.items ?? [];
  const release = chosenRelease ?? releases.data?.items[0]?.number;
  const state = chosenState ?? propose(offered);
  return {
    ready,
    /** Why there is nothing to choose from. */
    problem: ready ? null : (releases.error ?? snapshots.error),
    releases: releases.data?.items ?? [],
    snapshots: offered,
    release,
    setRelease,
    state,
    setState,
    more,
    setMore,
    body: ready ? asBody(release, state, more) : undefined,
  };
}

function asBody(release: number | undefined, state: StateValue, more: MoreValue): StartChoice | undefined {
  const from = asState(state);
  if (!from || release === undefined) return undefined;
  return {
    release,
    state: from,
    allowNonRestoredState: state.from !== 'none' && state.allowNonRestored,
    claimMode: more.claimMode,
    ...(more.parallelism ? { parallelism: more.parallelism } : {}),
  };
}
