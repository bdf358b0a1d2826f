// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, waitBefore } from './feed';

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = 0;
  onopen?: () => void;
  onerror?: () => void;
  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(kind: string, data: string) {
    this.dispatchEvent(new MessageEvent(kind, { data }));
  }
}

const newest = () => FakeSource.made[FakeSource.made.length - 1] as FakeSource;

describe('the feed', () => {
  const listener = { change: vi.fn(), reset: vi.fn(), begun: vi.fn(), refused: vi.fn() };
  const status = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeSource);
    FakeSource.made = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.clearAllMocks();
  });

  it('passes changes on and drops what it cannot read', () => {
    const end = connect(listener, status);
    newest().say('change', '{"sequence":7,"noun":"job","id":"job_1"}');
    newest().say('change', '<html>');
    expect(listener.change).toHaveBeenCalledTimes(1);
    end();
  });

  it('says since when it is not live, comes back and goes on after the last change', () => {
    const end = connect(listener, status);
    newest().onopen?.();
    newest().say('change', '{"sequence":7,"noun":"job","id":"job_1"}');
    newest().readyState = 2;
    newest().onerror?.();
    expect(status).toHaveBeenLastCalledWith({ live: false, since: expect.any(Number) });
    expect(listener.refused).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_500);
    expect(newest().url).toMatch(/\/api\/v1\/changes\?lastEventId=7$/);
    newest().onopen?.();
    expect(status).toHaveBeenLastCalledWith({ live: true });
    expect(listener.reset).not.toHaveBeenCalled();
    end();
  });

  it('knows from the first word where to go on, and says once that it has begun', () => {
    const end = connect(listener, status);
    newest().say('hello', '{"sequence":41}');
    newest().readyState = 2;
    newest().onerror?.();
    vi.advanceTimersByTime(1_500);
    expect(newest().url).toMatch(/lastEventId=41$/);
    newest().say('hello', '{"sequence":44}');
    expect(listener.begun).toHaveBeenCalledTimes(1);
    expect(listener.reset).not.toHaveBeenCalled();
    end();
  });

  it('reads everything anew when the server no longer knows what was missed', () => {
    const end = connect(listener, status, 3);
    newest().say('reset', '{"sequence":900}');
    expect(listener.reset).toHaveBeenCalledTimes(1);
    newest().readyState = 2;
    newest().onerror?.();
    vi.advanceTimersByTime(1_500);
    expect(newest().url).toMatch(/lastEventId=900$/);
    end();
  });

  it('waits longer each time, up to a limit, and never at the same moment as all others', () => {
    expect(waitBefore(0, 1)).toBe(1_000);
    expect(waitBefore(3, 1)).toBe(8_000);
    expect(waitBefore(30, 1)).toBe(20_000);
    expect(waitBefore(3, 0)).toBeLessThan(waitBefore(3, 1));
  });
});
