// One connection to the server's change feed for all tabs of this browser: the tab that holds the Web Lock has the
// connection and passes on what it hears; when it closes, the next tab gets the lock and reads everything anew.
import { serverAddress } from '../client';
import type { Change } from './invalidate';
import { type LiveStatus, setLive } from './status';
import { readStream, type StreamEvent } from './stream';

type Word = { kind: 'change'; change: Change } | { kind: 'reset' } | { kind: 'status'; status: LiveStatus } | { kind: 'hello' };

export interface FeedListener {
  change(change: Change): void;
  reset(): void;
  /** The feed has begun: what was read before may have changed on the way. */
  begun(): void;
  /** The feed was refused: ask the server who we are. */
  refused(): void;
}

const NAME = 'streamwright.changes';
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 20_000;

/** Milliseconds until the n-th try, spread so that many browsers do not come back at once. */
export function waitBefore(tries: number, random = Math.random()): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries) * (0.7 + 0.3 * random);
}

function asChange(text: string): Change | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'noun' in value && 'id' in value ? (value as Change) : undefined;
  } catch {
    return undefined;
  }
}

function sequenceOf(text: string): number {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'sequence' in value && typeof value.sequence === 'number' ? value.sequence : 0;
  } catch {
    return 0;
  }
}

/** Holds the connection, going on after change `last`; answers a function that ends it. */
export function connect(listener: FeedListener, onStatus: (status: LiveStatus) => void, last?: number): () => void {
  const stop = new AbortController();
  let known = last;
  let tries = 0;
  let live = true;
  const hear = ({ kind, data }: StreamEvent) => {
    if (kind === 'change') {
      const change = asChange(data);
      if (!change) return;
      known = Math.max(known ?? 0, change.sequence);
      listener.change(change);
    } else if (kind === 'hello') {
      if (known === undefined) listener.begun();
      known = Math.max(known ?? 0, sequenceOf(data));
    } else if (kind === 'reset') {
      known = sequenceOf(data);
      listener.reset();
    }
  };
  const open = () => {
    tries = 0;
    live = true;
    onStatus({ live: true });
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      const from = known === undefined ? '' : `?lastEventId=${known}`;
      const status = await readStream(`${serverAddress()}/api/v1/changes${from}`, { open, event: hear }, stop.signal);
      if (stop.signal.aborted) return;
      if (live) onStatus({ live: false, since: Date.now() });
      live = false;
      if (status === 401 || status === 403) listener.refused();
      await sleep(waitBefore(tries++), stop.signal);
    }
  };
  void run();
  return () => stop.abort();
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Follows the feed, through another tab where one has it already. Answers a function that stops. */
export function follow(listener: FeedListener): () => void {
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') return connect(listener, setLive);
  const channel = new BroadcastChannel(NAME);
  const stop = new AbortController();
  let leaving: (() => void) | undefined;
  let status: LiveStatus = { live: true };
  let last: number | undefined;
  const say = (word: Word) => channel.postMessage(word);
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'change') {
      last = data.change.sequence;
      listener.change(data.change);
    } else if (data.kind === 'reset') listener.reset();
    else if (data.kind === 'status') setLive(data.status);
    else if (leaving) say({ kind: 'status', status });
  };
  say({ kind: 'hello' });
  const lead = () =>
    new Promise<void>((release) => {
      const end = connect(
        {
          change: (change) => {
            listener.change(change);
            say({ kind: 'change', change });
          },
          reset: () => {
            listener.reset();
            say({ kind: 'reset' });
          },
          begun: () => listener.begun(),
          refused: () => listener.refused(),
        },
        (next) => {
          status = next;
          setLive(next);
          say({ kind: 'status', status });
        },
        last,
      );
      leaving = () => {
        end();
        release();
      };
      if (stop.signal.aborted) leaving();
    });
  navigator.locks.request(NAME, { signal: stop.signal }, lead).catch(() => undefined);
  return () => {
    stop.abort();
    leaving?.();
    channel.close();
  };
}
