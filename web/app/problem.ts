// Every failed request becomes one shape: the server's problem details, or the same fields made from what came instead.
import type { Draft, Finding, Maybe, Problem } from './nouns';

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly operationId: string | undefined;
  readonly errors: readonly { field: string; message: string }[];
  readonly findings: readonly Finding[];
  readonly current: Draft | undefined;

  constructor(problem: Partial<Problem> & { status: number; code: string }) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title ?? '';
    this.hint = problem.hint ?? undefined;
    this.field = problem.field ?? undefined;
    this.operationId = problem.operationId ?? undefined;
    this.errors = problem.errors ?? [];
    this.findings = problem.findings ?? [];
    this.current = problem.current ?? undefined;
  }

  /** The message for a field of a form, if the server named it. */
  of(field: string): string | undefined {
    if (this.field === field) return this.message;
    return this.errors.find((error) => error.field === field)?.message;
  }
}

function isProblem(body: unknown): body is Partial<Problem> & { code: string } {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}

/** `code` of what did not come from our server: no answer at all, or an answer of somebody in between. */
export const NO_ANSWER = 'no_answer';
export const STRANGE_ANSWER = 'strange_answer';

export function toProblem(body: unknown, response: Maybe<Response>): unknown {
  if (body instanceof ApiProblem) return body;
  if (body instanceof DOMException && body.name === 'AbortError') return body;
  if (!response) return new ApiProblem({ status: 0, code: NO_ANSWER, detail: body instanceof Error ? body.message : String(body) });
  if (isProblem(body)) return new ApiProblem({ ...body, status: response.status });
  const text = typeof body === 'string' ? body.slice(0, 300) : '';
  return new ApiProblem({ status: response.status, code: STRANGE_ANSWER, title: response.statusText, detail: text || response.statusText });
}

export const isSignedOut = (error: unknown) => error instanceof ApiProblem && error.status === 401;
