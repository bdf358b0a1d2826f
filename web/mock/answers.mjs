// @ts-check
// Shapes of the mock API's requests and answers.

/** @typedef {{ method: string, path: string, query: URLSearchParams, body: Record<string, unknown>, ifMatch: string | undefined }} Request */
/** @typedef {{ status?: number, body?: unknown, setCookie?: string }} Answer */

/** @param {number} status @param {string} code @param {string} detail @param {object} [more] @returns {Answer} */
export const problem = (status, code, detail, more = {}) => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, detail, code, ...more },
});
/** @param {unknown[]} items @returns {Answer} */
export const list = (items) => ({ body: { items } });
