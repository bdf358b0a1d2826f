import { describe, expect, it } from 'vitest';
import { ApiProblem } from './problem';
import { type Line, PIECE, passing, pauseMs, sendFile, TRIES } from './upload';

const problem = (status: number, code: string) => new ApiProblem({ status, code });
const noPause = async () => {};

/** A server that keeps what arrives, with a list of what goes wrong on the way. */
function server(faults: (() => void)[] = []) {
  const kept: Blob[] = [];
  const length = () => kept.reduce((sum, piece) => sum + piece.size, 0);
  const line: Line = {
    ask: async () => length(),
    send: async (offset, piece) => {
      faults.shift()?.();
      if (offset !== length()) throw problem(409, 'offset_mismatch');
      kept.push(piece);
      return length();
    },
  };
  return { line, kept, length };
}

const seen = () => {
  const said: string[] = [];
  return {
    said,
    watch: { arrived: (bytes: number) => void said.push(`${bytes}`), waiting: (yes: boolean) => void (yes && said.push('waiting')) },
  };
};
/** Whether the pieces are the file. A comparison of megabytes byte by byte would take the test's whole time. */
const isWhole = async (kept: Blob[]) =>
  Buffer.compare(Buffer.from(await new Blob(kept).arrayBuffer()), Buffer.from(await file.arrayBuffer())) === 0;
const file = new Blob([new Uint8Array(PIECE * 2 + 5).map((_, place) => place % 251)]);

describe('a file is sent in pieces', () => {
  it('whole, in order', async () => {
    const { line, kept } = server();
    const { said, watch } = seen();
    await sendFile(file, line, watch, new AbortController().signal, noPause);
    expect(said).toEqual(['0', `${PIECE}`, `${PIECE * 2}`, `${PIECE * 2 + 5}`]);
    expect(await isWhole(kept)).toBe(true);
  });

  it('and goes on where the server says, after lost lines and restarts', async () => {
    const part: { now?: () => void } = {};
    const { line, kept, length } = server([
      () => {},
      () => {
        throw problem(0, 'no_answer');
      },
      () => part.now?.(),
      () => {
        throw problem(502, 'strange_answer');
      },
    ]);
    // Part of a piece that was thought lost had arrived.
    part.now = () => {
      kept.push(file.slice(length(), length() + 100));
      throw problem(0, 'no_answer');
    };
    const { said, watch } = seen();
    await sendFile(file, line, watch, new AbortController().signal, noPause);
    expect(said.filter((one) => one === 'waiting')).toHaveLength(3);
    expect(await isWhole(kept)).toBe(true);
  });

  it('until what is wrong will not pass', async () => {
    for (const wrong of [problem(404, 'not_found'), problem(507, 'disk_full'), problem(403, 'role_too_low')]) {
      const fault = () => {
        throw wrong;
      };
      await expect(sendFile(file, server([fault]).line, seen().watch, new AbortController().signal, noPause)).rejects.toBe(wrong);
    }
  });

  it('until nobody answers for long', async () => {
    let tries = 0;
    const silent: Line = {
      ask: async () => {
        tries++;
        throw problem(0, 'no_answer');
      },
      send: async () => 0,
    };
    await expect(sendFile(file, silent, seen().watch, new AbortController().signal, noPause)).rejects.toMatchObject({ code: 'no_answer' });
    expect(tries).toBe(TRIES + 1);
  });

  it('until it is cancelled', async () => {
    const stop = new AbortController();
    const { line, length } = server([() => stop.abort()]);
    const cut: Line = { ...line, send: async (...piece) => line.send(...piece).finally(() => stop.signal.throwIfAborted()) };
    await expect(sendFile(file, cut, seen().watch, stop.signal, noPause)).rejects.toMatchObject({ name: 'AbortError' });
    expect(length()).toBe(PIECE);
  });
});

it('knows what passes, and waits longer each time', () => {
  expect([0, 429, 500, 502, 503].map((status) => passing(problem(status, 'x')))).toEqual([true, true, true, true, true]);
  expect([400, 401, 404, 409, 413, 422, 507].some((status) => passing(problem(status, 'x')))).toBe(false);
  expect([0, 1, 5, 20].map(pauseMs)).toEqual([500, 1000, 15000, 15000]);
});
