// One connection to the server's change feed for all tabs of this browser: the tab that holds the Web Lock has the
// EventSource and passes on what it hears; when it closes, the next tab gets the lock and reads everything anew.
import { serverAddress } from '../client';
import type { Change } from './invalidate';
import { type LiveStatus, setLive } from './status';

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
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let lost = false;
  let ended = false;
  const open = () => {
    const from = last === undefined ? '' : `?lastEventId=${last}`;
    source = new EventSource(`${serverAddress()}/api/v1/changes${from}`);
    source.onopen = () => {
      lost = false;
      tries = 0;
      onStatus({ live: true });
    };
    source.addEventListener('change', (event) => {
      const change = asChange(event.data);
      if (!change) return;
      last = Math.max(last ?? 0, change.sequence);
      listener.change(change);
    });
    source.addEventListener('hello', (event) => {
      if (last === undefined) listener.begun();
      last = Math.max(last ?? 0, sequenceOf(event.data));
    });
    source.addEventListener('reset', (event) => {
      last = sequenceOf(event.data);
      listener.reset();
    });
    source.onerror = () => {
      if (ended) return;
      if (!lost) onStatus({ live: false, since: Date.now() });
      lost = true;
      if (source?.readyState !== EventSource.CLOSED) return;
      listener.refused();
      timer = setTimeout(open, waitBefore(tries++));
    };
  };
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
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
