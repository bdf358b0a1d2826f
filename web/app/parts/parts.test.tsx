// @vitest-environment jsdom
import { Text } from '@codemirror/state';
import '../../mock/setup';
import { fireEvent, render, screen } from '@testing-library/react';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { jobs } from '../../mock/fixtures.mjs';
import { diff, snapshots } from '../../mock/job-fixtures.mjs';
import type { Finding, Job, Label } from '../nouns';
import { writeStored } from '../preferences';
import { startWords } from '../words';
import { ActionButton } from './action-button';
import { hunks } from './diff-view';
import { primaryOf } from './job-head';
import { asMap, doubles, newPair } from './key-values';
import { placeOf } from './log-reader';
import { linesOf } from './log-view';
import { stateOf } from './problems-panel';
import { namesIn } from './sql-language';
import { keyMarksOf, marksOf, offsetOf } from './sql-marks';
import { asState, newestComplete, StateChoice, type StateValue } from './state-choice';
import { stopOf } from './stop-choice';

beforeAll(() => {
  writeStored('language', 'en');
  startWords();
});

const jobIn = (label: Label): Job => {
  const job = jobs.find((one) => one.status.label === label);
  if (!job) throw new Error(`no ${label} job in the fixtures`);
  return job;
};

describe('marks in the text', () => {
  const doc = Text.of(['SELECT 1', '', 'FORM t']);
  const finding = (place: Partial<Finding>): Finding => ({
    code: 'x',
    severity: 'error',
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
    message: 'm',
    ...place,
  });

  it('are where the finding is', () => {
    expect(marksOf(doc, [finding({ line: 3, column: 1, endLine: 3, endColumn: 5 })])[0]).toMatchObject({
      from: 10,
      to: 14,
      severity: 'error',
    });
  });
  it('stay inside the text, whatever a late answer says', () => {
    expect(offsetOf(doc, 99, 4)).toBe(doc.length);
    expect(offsetOf(doc, 0, 4)).toBe(0);
    expect(offsetOf(doc, 1, 99)).toBe(8);
    for (const mark of marksOf(doc, [finding({ line: 3, column: 99, endLine: 2, endColumn: 1 }), finding({ line: 2 })])) {
      expect(mark.from).toBeLessThanOrEqual(mark.to);
      expect(mark.to).toBeLessThanOrEqual(doc.length);
    }
  });

  it('puts what is found in the configuration at its key, not into the text', () => {
    const found = [finding({ field: 'configuration.a.b', message: 'Unknown key', suggestion: "Did you mean 'a.c'?" })];
    expect(marksOf(Text.of(['SELECT 1']), found)).toEqual([]);
    expect(keyMarksOf(found)).toEqual({ 'a.b': "Unknown key. Did you mean 'a.c'?" });
  });
});

describe('small decisions', () => {
  it('complete the names that the script makes', () => {
    expect(namesIn('CREATE TEMPORARY TABLE `a` (x INT);\ncreate view if not exists b.c as select 1')).toEqual(['a', 'b.c']);
  });
  it('leave out equal stretches of a difference, with their length', () => {
    const found = hunks(diff.sql);
    expect(found.filter((hunk) => hunk.line && hunk.line.tag !== 'equal')).toHaveLength(3);
    const shown = found.filter((hunk) => hunk.line).length;
    expect(found.reduce((sum, hunk) => sum + (hunk.skipped ?? 0), shown)).toBe(diff.sql.length);
  });
  it('find lines whatever their case, with their numbers', () => {
    expect(linesOf('a\nERROR x\nb\nerror y\n', 'Error')).toEqual([
      { number: 2, text: 'ERROR x' },
      { number: 4, text: 'error y' },
    ]);
    expect(linesOf('', '')).toEqual([]);
    expect(linesOf('\n', '')).toEqual([{ number: 1, text: '' }]);
  });
  it('open the JobManager’s log first', () => {
    const still = { source: 'rest', previous: false, grows: false } as const;
    const files = [
      { process: 'taskmanager-1', name: 't.log', sizeBytes: 1, ...still },
      { process: 'jobmanager', name: 'j.out', sizeBytes: 1, ...still },
      { process: 'jobmanager', name: 'j.log', sizeBytes: 1, ...still },
    ];
    expect(placeOf(files, undefined, undefined)).toEqual({ process: 'jobmanager', file: 'j.log' });
    expect(placeOf(files, 'taskmanager-1', undefined)).toEqual({ process: 'taskmanager-1', file: 't.log' });
    expect(placeOf([], undefined, undefined)).toBeUndefined();
    const kept = { process: 'jobmanager', sizeBytes: 9, ...still, source: 'kept' } as const;
    const pod = { process: 'jobmanager', sizeBytes: -1, ...still, source: 'kubernetes' } as const;
    const gone = [
      { ...kept, name: 'a.log' },
      { ...kept, name: 'a.1.log' },
      { ...kept, name: 'b.log', missing: 'lost' },
    ];
    expect(placeOf(gone, undefined, undefined)?.file).toBe('a.1.log');
    const live = [
      { ...pod, name: 'c.log', previous: true },
      { ...pod, name: 'c.1.log' },
    ];
    expect(placeOf([...gone, ...live], undefined, undefined)?.file).toBe('c.1.log');
  });
  it('see keys that are set twice', () => {
    const pairs = [newPair('a', '1'), newPair('', ''), newPair(' a ', '2'), newPair('', '')];
    expect([...doubles(pairs)]).toEqual([pairs[2]?.id]);
    expect(asMap(pairs)).toEqual({ a: '2' });
  });
  it('say how a check stands', () => {
    const report = { findings: [], tables: { read: [], written: [] }, flinkVersion: '2.2.1' };
    expect(stateOf({ checking: true, report })).toBe('checking');
    expect(stateOf({ checking: false, report })).toBe('clean');
    expect(stateOf({ checking: false, error: new Error('x') })).toBe('failed');
    expect(stateOf({ checking: false })).toBe('empty');
  });
});

describe('the primary action', () => {
  it.each([
    ['draft', 'release'],
    ['stopped', 'start'],
    ['failed', 'start'],
    ['finished', 'start'],
    ['ended', 'start'],
    ['starting', 'stop'],
    ['restarting', 'stop'],
    ['stopping', 'stop'],
  ] as const)('of a %s job is to %s', (label, action) => {
    expect(primaryOf(jobIn(label))).toBe(action);
  });
  it('of a running job is its newer release, else to stop', () => {
    const job = jobIn('running');
    expect(primaryOf(job)).toBe('replace');
    expect(primaryOf({ ...job, releaseNumber: job.run?.releaseNumber ?? 0 })).toBe('stop');
  });
  it('offers cancel where no savepoint can be taken', () => {
    expect(stopOf(jobIn('starting'))).toBe(jobIn('starting').actions.cancel);
    expect(stopOf(jobIn('running'))).toBe(jobIn('running').actions.stop);
  });
});

describe('the state to start from', () => {
  it('is the newest complete one', () => {
    expect(newestComplete(snapshots)?.kind).toBe('checkpoint');
    expect(newestComplete(snapshots.filter((one) => one.state === 'failed'))).toBeUndefined();
  });
  it('is not sent before it is chosen', () => {
    expect(asState({ from: 'snapshot', allowNonRestored: false })).toBeUndefined();
    expect(asState({ from: 'path', path: '  ', allowNonRestored: false })).toBeUndefined();
    expect(asState({ from: 'path', path: ' file:///a ', allowNonRestored: false })).toEqual({ from: 'path', path: 'file:///a' });
    expect(asState({ from: 'none', allowNonRestored: true })).toEqual({ from: 'none' });
  });
  it('can be chosen by row; a failed one cannot', () => {
    const onChange = vi.fn();
    const value: StateValue = { from: 'snapshot', allowNonRestored: false };
    render(<StateChoice snapshots={snapshots} value={value} onChange={onChange} />);
    const rows = screen.getAllByRole<HTMLInputElement>('radio').filter((radio) => radio.name === 'snapshot');
    expect(rows.map((row) => row.disabled)).toEqual([true, false, false, false]);
    if (rows[1]) fireEvent.click(rows[1]);
    expect(onChange).toHaveBeenCalledWith(expect.objectContaining({ from: 'snapshot', snapshotId: snapshots[1]?.id }));
  });
});

describe('an action that the server refuses', () => {
  it('cannot be pressed, and its reason can be reached', () => {
    const onClick = vi.fn();
    render(
      <ActionButton action={{ allowed: false, code: 'already_running', reason: 'The job runs already.' }} onClick={onClick}>
        {'Start'}
      </ActionButton>,
    );
    expect(screen.getByRole<HTMLButtonElement>('button').disabled).toBe(true);
    expect(screen.getByLabelText('The job runs already.').tabIndex).toBe(0);
    fireEvent.click(screen.getByRole('button'));
    expect(onClick).not.toHaveBeenCalled();
  });
});
