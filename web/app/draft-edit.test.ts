// @vitest-environment jsdom
import '../mock/setup';
import { describe, expect, it } from 'vitest';
import { begin, bodyOf, dirty, type Edit, type Program, type Spec, specOf, step, withTemplate } from './draft-edit';
import { forget, keep, readKept } from './draft-store';
import type { Draft } from './nouns';
import { type Place, placed } from './place';

const spec = (sql: string): Spec => ({ sql, jars: [], configuration: {} });
const draft = (revision: number, sql: string): Draft => ({
  jobId: 'job_1',
  revision,
  spec: { sql, args: [], jars: [], mode: 'session', configuration: {} },
  savedBy: { id: 'user_2', name: 'li.wei' },
  savedAt: '2026-11-22T14:00:00Z',
});
const open = (revision: number, sql: string): Edit => begin(draft(revision, sql), undefined, draft(revision, sql));

describe('editing a draft', () => {
  it('begins clean', () => {
    expect(dirty(open(3, 'a'))).toBe(false);
  });

  it('takes a newer revision quietly while nothing is typed, and shows it', () => {
    const edit = step(open(3, 'a'), { kind: 'read', draft: draft(4, 'b') });
    expect(edit).toMatchObject({ base: 4, spec: { sql: 'b' }, generation: 1 });
    expect(edit.theirs).toBeUndefined();
  });

  it('never replaces typed text by what somebody else saved', () => {
    const typed = step(open(3, 'a'), { kind: 'typed', spec: spec('mine') });
    const edit = step(typed, { kind: 'read', draft: draft(4, 'theirs') });
    expect(edit.spec.sql).toBe('mine');
    expect(edit.base).toBe(3);
    expect(edit.theirs?.revision).toBe(4);
  });

  it('sees its own save come back from the feed as no conflict', () => {
    const typed = step(open(3, 'a'), { kind: 'typed', spec: spec('mine') });
    const edit = step(typed, { kind: 'read', draft: draft(4, 'mine') });
    expect(dirty(edit)).toBe(false);
    expect(edit).toMatchObject({ base: 4, generation: 0 });
  });

  it('keeps what was typed while it was being saved', () => {
    const typed = step(open(3, 'a'), { kind: 'typed', spec: spec('mine and more') });
    const edit = step(typed, { kind: 'saved', draft: draft(4, 'mine') });
    expect(edit.spec.sql).toBe('mine and more');
    expect(edit.base).toBe(4);
    expect(dirty(edit)).toBe(true);
  });

  it('after a refusal offers theirs, and takes it only when asked', () => {
    const typed = step(open(3, 'a'), { kind: 'typed', spec: spec('mine') });
    const refused = step(typed, { kind: 'refused', draft: draft(5, 'theirs') });
    expect(refused.spec.sql).toBe('mine');
    const taken = step(refused, { kind: 'take-theirs' });
    expect(taken).toMatchObject({ base: 5, spec: { sql: 'theirs' }, generation: 1 });
    expect(taken.theirs).toBeUndefined();
  });

  it('ignores an old answer that comes late', () => {
    const edit = open(5, 'e');
    expect(step(edit, { kind: 'read', draft: draft(4, 'd') })).toBe(edit);
  });

  it('compares settings, too, whatever their order', () => {
    const edit = begin({ revision: 1, spec: { sql: '', jars: [], configuration: { a: '1', b: '2' } } }, undefined);
    expect(dirty(step(edit, { kind: 'typed', spec: { sql: '', jars: [], configuration: { b: '2', a: '1' } } }))).toBe(false);
    expect(dirty(step(edit, { kind: 'typed', spec: { sql: '', jars: [], configuration: { a: '1' } } }))).toBe(true);
    expect(specOf({ sql: '', clusterId: null, parallelism: null })).toEqual({ sql: '', jars: [], configuration: {} });
  });

  it('keeps a program as it is, arguments with their blanks, and sends no script beside it', () => {
    const jar = { name: 'orders', version: 2 };
    const saved = { jar, entryClass: 'com.acme.Main', args: ['', ' a  b ', 'x\ny'], jars: [{ name: 'kafka' }] };
    const edit = begin({ revision: 1, spec: saved }, undefined);
    expect(bodyOf(edit.spec)).toEqual({ ...saved, configuration: {} });
    const { program } = edit.spec;
    if (!program) throw new Error('no program');
    const typed = (next: Partial<Spec>) => dirty(step(edit, { kind: 'typed', spec: { ...edit.spec, ...next } }));
    expect(typed({ program: { ...program, args: ['', ' a b ', 'x\ny'] } })).toBe(true);
    expect(typed({ program: { ...program, jar: { name: 'orders' } } })).toBe(true);
    expect(typed({ jars: [] })).toBe(true);
    expect(typed({ program: { ...program } })).toBe(false);
    expect(bodyOf(spec('SELECT 1'))).toEqual({ sql: 'SELECT 1', jars: [], configuration: {} });
  });

  it('keeps a jar of the image, which is no artifact of that name', () => {
    const saved = { jarUri: 'local:///opt/a.jar', args: [], mode: 'application' as const, targetId: 'target_1' };
    const edit = begin({ revision: 1, spec: saved }, undefined);
    expect(bodyOf(edit.spec)).toEqual({ ...saved, jars: [], configuration: {} });
    const typed = (program: Program) => dirty(step(edit, { kind: 'typed', spec: { ...edit.spec, program } }));
    expect(typed({ jarUri: 'local:///opt/a.jar', args: [] })).toBe(false);
    expect(typed({ jarUri: 'local:///opt/b.jar', args: [] })).toBe(true);
    expect(typed({ jar: { name: 'local:///opt/a.jar' }, args: [] })).toBe(true);
    expect(bodyOf(specOf({ jarUri: '', args: [] }))).toMatchObject({ jarUri: '' });
  });

  it('keeps pod templates with the pods that they are for', () => {
    const pod = 'kind: Pod\n';
    const own = { sql: '', mode: 'application' as const, targetId: 'target_1' };
    const edit = begin({ revision: 1, spec: { ...own, jobManagerTemplate: pod, taskManagerTemplate: ' \n' } }, undefined);
    expect(bodyOf(edit.spec)).toEqual({ ...own, jars: [], configuration: {}, jobManagerTemplate: pod });
    const typed = (spec: Spec) => dirty(step(edit, { kind: 'typed', spec }));
    expect(typed(withTemplate(edit.spec, 'jobManagerTemplate', 'kind: Pod'))).toBe(true);
    expect(typed(withTemplate(edit.spec, 'taskManagerTemplate', '  '))).toBe(false);
    expect(withTemplate(edit.spec, 'jobManagerTemplate', '')).not.toHaveProperty('jobManagerTemplate');
    expect(placed(edit.spec, { application: { targetId: 'target_2' } })).toMatchObject({ jobManagerTemplate: pod });
    expect(placed(edit.spec, { clusterId: 'cluster_1' })).toEqual({ sql: '', jars: [], configuration: {}, clusterId: 'cluster_1' });
  });

  it('keeps one place, whatever was saved, and sends no mixture', () => {
    const both = { sql: '', clusterId: 'cluster_1', targetId: 'target_1', flinkVersion: '2.2.1' };
    const session = specOf({ ...both, mode: 'session' });
    const own = specOf({ ...both, mode: 'application' });
    expect(bodyOf(session)).toEqual({ sql: '', jars: [], configuration: {}, clusterId: 'cluster_1' });
    const application = { mode: 'application', targetId: 'target_1', flinkVersion: '2.2.1' };
    expect(bodyOf(own)).toEqual({ sql: '', jars: [], configuration: {}, ...application });
    expect(specOf({ ...both, ...bodyOf(own) })).toEqual(own);
  });

  it('is dirty when it is to run elsewhere, and clean when it is not', () => {
    const edit = begin({ revision: 1, spec: { sql: '', mode: 'application', targetId: 'target_1', flinkVersion: '2.2.1' } }, undefined);
    const at = (place: Place) => dirty(step(edit, { kind: 'typed', spec: placed(edit.spec, place) }));
    expect(at({ application: { flinkVersion: '2.2.1', targetId: 'target_1' } })).toBe(false);
    expect(at({ application: { targetId: 'target_1', flinkVersion: '2.2.2' } })).toBe(true);
    expect(at({ application: { targetId: 'target_2', flinkVersion: '2.2.1' } })).toBe(true);
    expect(at({ clusterId: 'target_1' })).toBe(true);
    expect(placed(edit.spec, { clusterId: 'cluster_1' })).toEqual({ sql: '', jars: [], configuration: {}, clusterId: 'cluster_1' });
  });
});

describe('unsaved text of an earlier visit', () => {
  it('is put back', () => {
    const edit = begin(draft(3, 'a'), { base: 3, spec: spec('typed before'), at: 1 }, draft(3, 'a'));
    expect(edit.spec.sql).toBe('typed before');
    expect(dirty(edit)).toBe(true);
    expect(edit.theirs).toBeUndefined();
  });

  it('that is older than the draft now is a conflict, not an overwrite', () => {
    const edit = begin(draft(6, 'newer'), { base: 3, spec: spec('typed before'), at: 1 }, draft(6, 'newer'));
    expect(edit).toMatchObject({ base: 3, spec: { sql: 'typed before' }, theirs: { revision: 6 } });
  });

  it('is kept by job, survives being read twice, and is forgotten when saved', () => {
    keep('draft', 'job_1', { base: 3, spec: spec('x'), at: 5 });
    expect(readKept('draft', 'job_1')).toEqual({ base: 3, spec: spec('x'), at: 5 });
    expect(readKept('draft', 'job_2')).toBeUndefined();
    const own = { ...spec('x'), application: { targetId: 'target_1', flinkVersion: '2.2.1' } };
    keep('draft', 'job_1', { base: 3, spec: own, at: 6 });
    expect(readKept('draft', 'job_1')?.spec).toEqual(own);
    forget('draft', 'job_1');
    expect(readKept('draft', 'job_1')).toBeUndefined();
  });

  it('that is broken is no text', () => {
    localStorage.setItem('streamwright.draft.job_1', '{"spec":{"sql":7}}');
    expect(readKept('draft', 'job_1')).toBeUndefined();
    localStorage.setItem('streamwright.draft.job_1', '{');
    expect(readKept('draft', 'job_1')).toBeUndefined();
  });
});
