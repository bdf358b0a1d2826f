import { describe, expect, it } from 'vitest';
import { keyProblems } from './forms/cluster-create';
import { type ApiProblem, isSignedOut, NO_ANSWER, STRANGE_ANSWER, toProblem } from './problem';

const response = (status: number) => new Response('', { status });

describe('a failed request', () => {
  it('keeps the words of the server', () => {
    const problem = toProblem(
      { code: 'owned_key', detail: 'Owned.', hint: 'Remove it.', field: 'configuration.pipeline.name' },
      response(422),
    ) as ApiProblem;
    expect(problem).toMatchObject({ status: 422, code: 'owned_key', message: 'Owned.', hint: 'Remove it.' });
    expect(problem.of('configuration.pipeline.name')).toBe('Owned.');
    expect(problem.of('name')).toBeUndefined();
    expect(keyProblems(problem)).toEqual({ 'pipeline.name': 'Owned.' });
  });

  it('without an answer, or with an answer of somebody in between, says so', () => {
    expect(toProblem(new TypeError('Failed to fetch'), undefined)).toMatchObject({ status: 0, code: NO_ANSWER });
    expect(toProblem('<html>Bad gateway</html>', response(502))).toMatchObject({ status: 502, code: STRANGE_ANSWER });
    expect(toProblem({}, response(500))).toMatchObject({ status: 500, code: STRANGE_ANSWER });
  });

  it('that was called off stays what it is', () => {
    const abort = new DOMException('aborted', 'AbortError');
    expect(toProblem(abort, undefined)).toBe(abort);
  });

  it('of nobody is a sign-out', () => {
    expect(isSignedOut(toProblem({ code: 'signed_out' }, response(401)))).toBe(true);
    expect(isSignedOut(toProblem({ code: 'forbidden' }, response(403)))).toBe(false);
  });
});
