import { describe, expect, it } from 'vitest';
import { paths, safeNext } from './paths';
import { clusterSearch, jobSearch, jobsSearch, signInSearch, versionsSearch } from './search';

describe('where a person goes after signing in', () => {
  it('is a place of this console', () => {
    expect(safeNext('/teams/demo/jobs?search=a')).toBe('/teams/demo/jobs?search=a');
  });
  it.each([undefined, '', 'https://elsewhere.example', '//elsewhere.example', '/\\elsewhere.example', '/sign-in', 'javascript:alert(1)'])(
    'is home for %s',
    (next) => {
      expect(safeNext(next)).toBe('/');
    },
  );
});

describe('search parameters', () => {
  it('that mean nothing are left out', () => {
    expect(jobsSearch({ label: 'nonsense', dialog: 7, search: '' })).toEqual({});
    expect(jobSearch({ release: '-1', against: 'x', dialog: 'explode', follow: 'no' })).toEqual({});
    expect(clusterSearch({ process: {} })).toEqual({});
    expect(versionsSearch({ dialog: 'remove' })).toEqual({});
    expect(signInSearch({})).toEqual({});
  });
  it('typed as numbers are text where text is meant', () => {
    expect(jobsSearch({ search: 42, label: 'running' })).toEqual({ search: '42', label: 'running' });
    expect(jobSearch({ release: 3, against: '2', objects: '4', dialog: 'start', follow: true })).toEqual({
      release: 3,
      against: 2,
      objects: 4,
      dialog: 'start',
      follow: true,
    });
  });
});

describe('the path builder', () => {
  it('keeps names as they are; the router escapes them', () => {
    expect(paths.jobs('支付 / a').params).toEqual({ team: '支付 / a' });
    expect(paths.job('demo', 'job_1').params).toEqual({ team: 'demo', job: 'job_1', tab: 'overview' });
    expect(paths.job('demo', 'job_1', 'sql', { dialog: 'release' }).search).toEqual({ dialog: 'release' });
  });
});
