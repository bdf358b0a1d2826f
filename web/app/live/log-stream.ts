// A log that is followed: its lines as they come, bounded, taken up again where it was when the connection breaks.
import { useEffect, useRef, useState } from 'react';
import { serverAddress } from '../client';
import { waitBefore } from './feed';
import { readStream, type StreamEvent } from './stream';

/** Most text that is held, in characters: the end of it. */
export const MOST_TEXT = 4_000_000;

export interface LiveLog {
  text: string;
  /** Where to go on, in which file. */
  place?: { file: string; after: string };
  /** Why there is no more. */
  end?: string;
}

/** The end of a text, from the beginning of a line. */
function bounded(text: string): string {
  if (text.length <= MOST_TEXT) return text;
  const cut = text.slice(text.length - MOST_TEXT / 2);
  return cut.slice(cut.indexOf('\n') + 1);
}

function fields(data: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What a log is after an event of its stream. */
export function heard(log: LiveLog, { kind, data }: StreamEvent): LiveLog {
  const { text, after, file, why } = fields(data);
  if (kind === 'end') return { ...log, end: typeof why === 'string' ? why : '' };
  if (kind !== 'lines' || typeof text !== 'string') return log;
  const next = { ...log, text: bounded(log.text + text) };
  return typeof after === 'string' && typeof file === 'string' ? { ...next, place: { file, after } } : next;
}

/** The address of a stream: from its end, or on from a place. */
export function streamAddress(path: string, process: string, file: string, place?: LiveLog['place']): string {
  const query = new URLSearchParams({ process, ...(place ?? { file, lines: '5000' }) });
  return `${path}?${query}`;
}

/** Follows a log while there is a path to it; nothing before the first line. */
export function useLogStream(path: string | undefined, process: string, file: string): LiveLog {
  const [log, setLog] = useState<LiveLog>({ text: '' });
  const latest = useRef(log);
  useEffect(() => {
    latest.current = { text: '' };
    setLog(latest.current);
    if (path === undefined) return;
    const stop = new AbortController();
    let tries = 0;
    const listener = {
      open: () => {},
      event: (event: StreamEvent) => {
        tries = 0;
        latest.current = heard(latest.current, event);
        setLog(latest.current);
      },
    };
    const follow = async () => {
      while (!stop.signal.aborted && latest.current.end === undefined) {
        const address = serverAddress() + streamAddress(path, process, file, latest.current.place);
        const status = await readStream(address, listener, stop.signal);
        if (stop.signal.aborted || latest.current.end !== undefined) return;
        // Refused: what is wrong with it is said where its end is read.
        if (status >= 400 && status < 500) {
          latest.current = { ...latest.current, end: '' };
          setLog(latest.current);
          return;
        }
        // Without a place it begins anew.
        if (!latest.current.place) latest.current = { text: '' };
        await new Promise((resolve) => setTimeout(resolve, waitBefore(tries)));
        tries += 1;
      }
    };
    void follow();
    return () => stop.abort();
  }, [path, process, file]);
  return log;
}
