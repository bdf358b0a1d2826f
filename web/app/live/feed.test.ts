// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, waitBefore } from './feed';
import { EventCutter, SILENCE_MS } from './stream';

/** A server whose streams are written by the test. */
class FakeServer {
  urls: string[] = [];
  private writers: ReadableStreamDefaultController<Uint8Array>[] = [];
  status = 200;

  readonly fetch = (url: string, { signal }: { signal: AbortSignal }) => {
    this.urls.push(url);
    const body = new ReadableStream<Uint8Array>({
      start: (writer) => {
        this.writers.push(writer);
        signal.addEventListener('abort', () => writer.error(new Error('aborted')));
      },
    });
    return Promise.resolve({ ok: this.status < 400, status: this.status, body });
  };

  get last() {
    return this.urls.at(-1) ?? '';
  }
  async say(text: string) {
    this.writers.at(-1)?.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(1);
  }
  async close() {
    this.writers.at(-1)?.close();
    await vi.advanceTimersByTimeAsync(1_500);
  }
}

const CHANGE = 'event: change\nid: 7\ndata: {"sequence":7,"noun":"job","id":"job_1"}\n\n';

describe('the feed', () => {
  const listener = { change: vi.fn(), reset: vi.fn(), begun: vi.fn(), refused: vi.fn() };
  const status = vi.fn();
  let server: FakeServer;
  let end: () => void;

  const begin = async (last?: number) => {
    end = connect(listener, status, last);
    await vi.advanceTimersByTimeAsync(1);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    server = new FakeServer();
    vi.stubGlobal('fetch', server.fetch);
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.clearAllMocks();
  });

  it('passes changes on and drops what it cannot read', async () => {
    await begin();
    await server.say(`: ping\n\n${CHANGE}event: change\ndata: <html>\n\n`);
    expect(listener.change).toHaveBeenCalledTimes(1);
  });

  it('says since when it is not live, comes back and goes on after the last change', async () => {
    await begin();
    await server.say(CHANGE);
    expect(status).toHaveBeenLastCalledWith({ live: true });
    await server.close();
    expect(status).toHaveBeenCalledWith({ live: false, since: expect.any(Number) });
    expect(server.last).toMatch(/\/api\/v1\/changes\?lastEventId=7$/);
    expect(status).toHaveBeenLastCalledWith({ live: true });
    expect(listener.reset).not.toHaveBeenCalled();
    expect(listener.refused).not.toHaveBeenCalled();
  });

  it('takes silence for a lost connection, a ping for life', async () => {
    await begin();
    await server.say(CHANGE);
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1_000);
    await server.say(': ping\n\n');
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1_000);
    expect(server.urls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(server.urls).toHaveLength(2);
    expect(status).toHaveBeenCalledWith({ live: false, since: expect.any(Number) });
  });

  it('knows from the first word where to go on, and says once that it has begun', async () => {
    await begin();
    await server.say('event: hello\ndata: {"sequence":41}\n\n');
    await server.close();
    expect(server.last).toMatch(/lastEventId=41$/);
    await server.say('event: hello\ndata: {"sequence":44}\n\n');
    expect(listener.begun).toHaveBeenCalledTimes(1);
    expect(listener.reset).not.toHaveBeenCalled();
  });

  it('reads everything anew when the server no longer knows what was missed', async () => {
    await begin(3);
    expect(server.last).toMatch(/lastEventId=3$/);
    await server.say('event: reset\ndata: {"sequence":900}\n\n');
    expect(listener.reset).toHaveBeenCalledTimes(1);
    await server.close();
    expect(server.last).toMatch(/lastEventId=900$/);
  });

  it('asks who we are when it is refused', async () => {
    server.status = 401;
    await begin();
    expect(listener.refused).toHaveBeenCalledTimes(1);
  });

  it('waits longer each time, up to a limit, and never at the same moment as all others', () => {
    end = () => undefined;
    expect(waitBefore(0, 1)).toBe(1_000);
    expect(waitBefore(3, 1)).toBe(8_000);
    expect(waitBefore(30, 1)).toBe(20_000);
    expect(waitBefore(3, 0)).toBeLessThan(waitBefore(3, 1));
  });
});

it('cuts events wherever the network cuts the text', () => {
  const cutter = new EventCutter();
  const text = `: ping\r\n\r\n${CHANGE}event: reset\ndata: {}\n\n`;
  const events = [...text].flatMap((letter) => cutter.cut(letter));
  expect(events.map((event) => event.kind)).toEqual(['change', 'reset']);
});
