// Sets up the generated client and the query cache: one place for the address, for problems and for retries.
import { QueryClient } from '@tanstack/react-query';
import { client } from './api/client.gen';
import { ApiProblem, toProblem } from './problem';
import { tellSignedOut } from './session';

/** Where the server is: the folder of the page's <base>, without a trailing slash. */
export const serverAddress = () => new URL('.', document.baseURI).href.replace(/\/$/, '');

export function startClient() {
  client.setConfig({ baseUrl: serverAddress(), credentials: 'same-origin' });
  client.interceptors.error.use((error, response) => {
    const problem = toProblem(error, response);
    if (problem instanceof ApiProblem && problem.status === 401) tellSignedOut();
    return problem;
  });
}

/** Reads are repeated only when no answer came or the server says that it is a passing fault. */
function worthRepeating(failures: number, error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false;
  return failures < 2 && (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504);
}

export function newQueryClient() {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: worthRepeating, staleTime: 30_000, refetchOnWindowFocus: false, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
