// Reads one stream of server-sent events. Not an EventSource: that one hides the server's pings, and with them
// a connection that is dead on the way without anybody having closed it.

export interface StreamEvent {
  kind: string;
  data: string;
}

/** The server pings every 15 s; without a byte for this long the connection is taken for lost. */
export const SILENCE_MS = 40_000;

/** Cuts text into events as it comes; what is not complete yet stays. */
export class EventCutter {
  private rest = '';

  cut(text: string): StreamEvent[] {
    const blocks = (this.rest + text).replaceAll('\r\n', '\n').split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map(read).filter((event) => event !== undefined);
  }
}

function read(block: string): StreamEvent | undefined {
  let kind = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(event|data):\s?(.*)$/.exec(line) ?? [];
    if (field === 'event') kind = value;
    if (field === 'data') data.push(value);
  }
  return data.length > 0 ? { kind, data: data.join('\n') } : undefined;
}

export interface StreamListener {
  open(): void;
  event(event: StreamEvent): void;
}

/** Follows a stream until it ends, breaks, falls silent or is stopped; then answers the HTTP status, 0 if there was none. */
export async function readStream(url: string, listener: StreamListener, stop: AbortSignal): Promise<number> {
  const over = new AbortController();
  const end = () => over.abort();
  let timer = setTimeout(end, SILENCE_MS);
  stop.addEventListener('abort', end);
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      cache: 'no-store',
      credentials: 'same-origin',
      signal: over.signal,
    });
    if (!response.ok || !response.body) return response.status;
    listener.open();
    const cutter = new EventCutter();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return response.status;
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE_MS);
      for (const event of cutter.cut(value)) listener.event(event);
    }
  } catch {
    return 0; // no answer, broken, silent or stopped: the caller comes again or does not
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
    end();
  }
}
