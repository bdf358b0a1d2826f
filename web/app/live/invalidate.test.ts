import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { read } from '../queries/read';
import { type Change, gatherer, touches } from './invalidate';

const change = (noun: string, id: string, jobId?: string): Change => ({ sequence: 1, noun, id, ...(jobId ? { jobId } : {}) });

describe('a change', () => {
  const mine = read.job('demo', 'job_1').queryKey;
  const others = read.job('demo', 'job_2').queryKey;
  const list = read.jobs('demo').queryKey;

  it('makes the views of its own job old, and the list, but no other job', () => {
    const run = change('run', 'run_1', 'job_1');
    expect(touches(run, mine)).toBe(true);
    expect(touches(run, list)).toBe(true);
    expect(touches(run, others)).toBe(false);
    expect(touches(run, read.graph('demo', 'job_1').queryKey)).toBe(true);
    expect(touches(run, read.drafts('demo', 'job_1').queryKey)).toBe(false);
  });

  it('of a job itself is told by its id', () => {
    expect(touches(change('job', 'job_1'), mine)).toBe(true);
    expect(touches(change('job', 'job_1'), others)).toBe(false);
  });

  it('of a draft leaves the figures of Flink alone', () => {
    const draft = change('draft', 'x', 'job_1');
    expect(touches(draft, read.draft('demo', 'job_1').queryKey)).toBe(true);
    expect(touches(draft, read.checkpoints('demo', 'job_1').queryKey)).toBe(false);
  });

  it('of one cluster leaves the page of another alone', () => {
    const cluster = change('cluster', 'cluster_1');
    expect(touches(cluster, read.cluster('demo', 'cluster_1').queryKey)).toBe(true);
    expect(touches(cluster, read.cluster('demo', 'cluster_2').queryKey)).toBe(false);
    expect(touches(cluster, read.clusters('demo').queryKey)).toBe(true);
  });

  it('of a noun from a newer server makes everything of its job old', () => {
    const strange = change('lineage', 'l_1', 'job_1');
    expect(touches(strange, mine)).toBe(true);
    expect(touches(strange, others)).toBe(false);
  });

  it('knows every query that the console reads', () => {
    const known = new Set(
      [
        'artifact',
        'upload',
        'job',
        'draft',
        'release',
        'operation',
        'run',
        'observation',
        'snapshot',
        'event',
        'cluster',
        'flink_version',
        'target',
        'installation',
        'user',
        'session',
        'token',
        'team',
        'invitation',
        'destination',
        'delivery',
      ].flatMap((noun) =>
        Object.entries(read)
          .filter(([, query]) =>
            touches(
              change(noun, '1', undefined),
              (query as (...names: unknown[]) => { queryKey: readonly unknown[] })('demo', '1', 1, 1, 1).queryKey,
            ),
          )
          .map(([name]) => name),
      ),
    );
    // Read when they are looked at, never changed: a stored revision, a release, what differs between two; the tail of a log;
    // what was kept of a run that has ended; what a namespace holds, and the objects of a release, which are asked for anew each time.
    const fixed = [
      'draftRevision',
      'release',
      'releaseDiff',
      'logTail',
      'clusterLogTail',
      'evidence',
      'keptLog',
      'foundClusters',
      'manifests',
    ];
    expect(
      Object.keys(read)
        .filter((name) => !known.has(name))
        .sort(),
    ).toEqual(fixed.sort());
  });
});

describe('gathering', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('makes one round of refetching of many changes', () => {
    vi.useFakeTimers();
    const queries = new QueryClient();
    const invalidate = vi.spyOn(queries, 'invalidateQueries').mockResolvedValue();
    const gather = gatherer(queries, 100);
    for (let index = 0; index < 50; index++) gather.add(change('run', `run_${index}`, 'job_1'));
    expect(invalidate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });
});
