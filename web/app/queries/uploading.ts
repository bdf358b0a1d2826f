// Uploads of this browser. They go on while other pages are looked at, so they live here and not in a page.
import { useSyncExternalStore } from 'react';
import * as sdk from '../api/sdk.gen';
import type { Artifact, ArtifactKind } from '../nouns';
import { type Line, passing, patiently, sendFile } from '../upload';

export type UploadingState = 'sending' | 'waiting' | 'checking' | 'done' | 'failed' | 'cancelled';

export interface Uploading {
  key: number;
  team: string;
  fileName: string;
  name: string;
  size: number;
  arrived: number;
  state: UploadingState;
  /** The server's id, once it is begun. */
  upload?: string;
  error?: unknown;
  artifact?: Artifact;
  /** Whether a version was made; not where the newest one has the same bytes. */
  created?: boolean;
}

export interface Wanted {
  team: string;
  file: File;
  name?: string;
  kind?: ArtifactKind;
  /** An upload that was begun before, of the same file. */
  upload?: string;
}

const must = { throwOnError: true } as const;
const open = (one: Uploading) => one.state === 'sending' || one.state === 'waiting' || one.state === 'checking';

let list: readonly Uploading[] = [];
let nextKey = 1;
const stops = new Map<number, AbortController>();
const again = new Map<number, Wanted>();
const listeners = new Set<() => void>();

function set(next: readonly Uploading[]) {
  list = next;
  for (const tell of listeners) tell();
}

const change = (key: number, to: Partial<Uploading>) => set(list.map((one) => (one.key === key ? { ...one, ...to } : one)));

/** A page that is closed in the middle asks first. */
function warn(event: BeforeUnloadEvent) {
  if (list.some(open)) event.preventDefault();
}

const lineOf = (team: string, upload: string): Line => ({
  ask: async (signal) => (await sdk.getUpload({ path: { team, upload }, signal, ...must })).data.offset,
  send: async (offset, piece, signal) => {
    const { data } = await sdk.appendToUpload({
      path: { team, upload },
      headers: { 'Upload-Offset': offset },
      body: piece,
      signal,
      ...must,
    });
    return data.offset;
  },
});

/** Not broken off in the middle: what the server has begun could not be given up without its id. */
async function begin({ team, file, name, kind }: Wanted): Promise<string> {
  const body = { fileName: file.name, sizeBytes: file.size, ...(name ? { name } : {}), ...(kind ? { kind } : {}) };
  return (await sdk.createUpload({ path: { team }, body, ...must })).data.id;
}

const giveUp = (team: string, upload: string) => void sdk.deleteUpload({ path: { team, upload } });

async function run(key: number, wanted: Wanted, signal: AbortSignal) {
  const { team, file } = wanted;
  const watch = {
    arrived: (arrived: number) => change(key, { arrived }),
    waiting: (waiting: boolean) => change(key, { state: waiting ? 'waiting' : 'sending' }),
  };
  const upload = wanted.upload ?? (await begin(wanted));
  if (signal.aborted) giveUp(team, upload);
  change(key, { upload });
  again.set(key, { ...wanted, upload });
  await sendFile(file, lineOf(team, upload), watch, signal);
  const patience = patiently(watch, signal);
  for (;;) {
    change(key, { state: 'checking' });
    try {
      const { data } = await sdk.completeUpload({ path: { team, upload }, signal, ...must });
      return data;
    } catch (error) {
      await patience.again(error);
    }
  }
}

/** Sends a file, in the background. */
export function startUploading(wanted: Wanted) {
  const key = nextKey++;
  const stop = new AbortController();
  stops.set(key, stop);
  again.set(key, wanted);
  const { team, file } = wanted;
  const begun: Uploading = {
    key,
    team,
    fileName: file.name,
    name: wanted.name ?? file.name,
    size: file.size,
    arrived: 0,
    state: 'sending',
  };
  window.addEventListener('beforeunload', warn);
  set([begun, ...list]);
  void run(key, wanted, stop.signal)
    .then(({ artifact, created }) => change(key, { state: 'done', artifact, created }))
    .catch((error: unknown) => {
      // What the server refused it has forgotten: another try begins anew.
      const { upload: _, ...anew } = wanted;
      if (!passing(error)) again.set(key, anew);
      change(key, stop.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error });
    })
    .finally(() => {
      stops.delete(key);
      if (!list.some(open)) window.removeEventListener('beforeunload', warn);
    });
}

/** Gives an upload up, here and on the server. */
export function cancelUploading({ key, team, upload }: Uploading) {
  stops.get(key)?.abort();
  if (upload) giveUp(team, upload);
}

/** Goes on with one that failed. */
export function retryUploading({ key }: Uploading) {
  const wanted = again.get(key);
  forgetUploading(key);
  if (wanted) startUploading(wanted);
}

/** Takes one that ended off the list. */
export function forgetUploading(key: number) {
  again.delete(key);
  set(list.filter((one) => one.key !== key));
}

/** The uploads of this browser for a team, newest first. */
export function useUploading(team: string): readonly Uploading[] {
  const all = useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => list,
  );
  return all.filter((one) => one.team === team);
}
