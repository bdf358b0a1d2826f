import { describe, expect, it } from 'vitest';
import { heard, type LiveLog, MOST_TEXT, streamAddress } from './log-stream';

const lines = (text: string, after?: string) => ({
  kind: 'lines',
  data: JSON.stringify({ text, file: 'p.1.log', ...(after ? { after } : {}) }),
});

describe('a log that is followed', () => {
  it('grows by its lines and knows where it is', () => {
    let log: LiveLog = { text: '' };
    for (const event of [lines('a\n', '7-1'), { kind: 'ping', data: '' }, lines('字\n'), { kind: 'lines', data: '{' }])
      log = heard(log, event);
    expect(log).toEqual({ text: 'a\n字\n', place: { file: 'p.1.log', after: '7-1' } });
    expect(heard(log, { kind: 'end', data: '{"why":"The pod p is gone."}' }).end).toBe('The pod p is gone.');
  });

  it('keeps its end, from the beginning of a line', () => {
    const line = `${'x'.repeat(99)}\n`;
    let log: LiveLog = { text: line.repeat(MOST_TEXT / 100) };
    log = heard(log, lines('last\n'));
    expect(log.text.length).toBeLessThan(MOST_TEXT);
    expect(log.text.startsWith('x'.repeat(99))).toBe(true);
    expect(log.text.endsWith(`${line}last\n`)).toBe(true);
  });

  it('goes on in the file that it was reading', () => {
    expect(streamAddress('/logs/follow', 'tm 1', 'a.log')).toBe('/logs/follow?process=tm+1&file=a.log&lines=5000');
    expect(streamAddress('/f', 'p', 'a.log', { file: 'a.1.log', after: '7-1' })).toBe('/f?process=p&file=a.1.log&after=7-1');
  });
});
