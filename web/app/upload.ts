// Sends a file in pieces and goes on by itself after lost connections. The server says where it goes on; this only
// asks and sends, so that nothing is lost when a page is closed in the middle.
import { ApiProblem } from './problem';

/** One request carries so much (4 MiB): little is sent twice. */
export const PIECE = 4 * 1024 * 1024;
const LONGEST_PAUSE_MS = 15_000;
/** Tries without any byte of progress before a person is asked: about five minutes. */
export const TRIES = 24;

export interface Line {
  /** Where the upload goes on. */
  ask: (signal: AbortSignal) => Promise<number>;
  /** Sends a piece; answers where it goes on then. */
  send: (offset: number, piece: Blob, signal: AbortSignal) => Promise<number>;
}

export interface Watch {
  /** So many bytes have arrived. */
  arrived: (bytes: number) => void;
  /** Whether the server is waited for. */
  waiting: (waiting: boolean) => void;
}

/** No answer, or one that says "not now": worth another try. A full disk is not. */
export function passing(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false;
  return error.status === 0 || error.status === 429 || (error.status >= 500 && error.status !== 507);
}

/** It goes on elsewhere than we thought, or a piece was cut on the way: asked again. */
const elsewhere = (error: unknown) => error instanceof ApiProblem && (error.code === 'offset_mismatch' || error.code === 'incomplete_body');

export const pauseMs = (tries: number) => Math.min(LONGEST_PAUSE_MS, 500 * 2 ** tries);

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    // Back on the line: at once.
    const now = () => {
      clearTimeout(timer);
      done();
    };
    signal.addEventListener('abort', now, { once: true });
    if (typeof window !== 'undefined') window.addEventListener('online', now, { once: true });
  });
}

/** Repeats what failed in passing; `progress` starts the count anew. */
export function patiently(watch: Watch, signal: AbortSignal, pause = rest) {
  let tries = 0;
  return {
    progress() {
      tries = 0;
      watch.waiting(false);
    },
    async again(error: unknown): Promise<void> {
      signal.throwIfAborted();
      if (!(passing(error) || elsewhere(error)) || tries >= TRIES) throw error;
      watch.waiting(passing(error));
      await pause(pauseMs(tries++), signal);
      signal.throwIfAborted();
    },
  };
}

/** Sends what is missing of a file. */
export async function sendFile(file: Blob, line: Line, watch: Watch, signal: AbortSignal, pause = rest): Promise<void> {
  const patience = patiently(watch, signal, pause);
  let offset: number | undefined;
  while (offset === undefined || offset < file.size) {
    try {
      offset = offset === undefined ? await line.ask(signal) : await line.send(offset, file.slice(offset, offset + PIECE), signal);
      patience.progress();
      watch.arrived(offset);
    } catch (error) {
      offset = undefined;
      await patience.again(error);
    }
  }
}
