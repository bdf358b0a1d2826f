// @ts-check
// A small stand-in for the server: `node mock/server.mjs [--port 8460] [--empty]` answers the API and serves dist/.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer, listeners } from './routes.mjs';

const DIST = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** @param {import('node:http').IncomingMessage} request @returns {Promise<Record<string, unknown>>} */
async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

/** @param {import('node:http').ServerResponse} response */
function follow(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('event: hello\ndata: {"sequence":100}\n\n');
  /** @param {object} change */
  const tell = (change) => response.write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
  listeners.add(tell);
  const ping = setInterval(() => response.write(': ping\n\n'), 15_000);
  response.on('close', () => {
    clearInterval(ping);
    listeners.delete(tell);
  });
}

/** @param {string} pathname @param {import('node:http').ServerResponse} response */
function file(pathname, response) {
  const wanted = path.join(DIST, path.normalize(pathname));
  const found = wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : path.join(DIST, 'index.html');
  const type = TYPES[/** @type {keyof typeof TYPES} */ (path.extname(found))] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type });
  createReadStream(found).pipe(response);
}

/** Starts the mock; answers its address and a function that ends it. @param {number} port */
export async function startMock(port) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    if (!url.pathname.startsWith('/api/v1')) return file(url.pathname, response);
    const signedIn = /mock_session=1/.test(request.headers.cookie ?? '');
    const apiPath = url.pathname.slice('/api/v1'.length);
    if (apiPath === '/changes' && signedIn) return follow(response);
    const body = await bodyOf(request);
    const found = answer(
      { method: request.method ?? 'GET', path: apiPath, query: url.searchParams, body, ifMatch: request.headers['if-match'] },
      signedIn,
    );
    const status = found.status ?? 200;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...(found.setCookie ? { 'set-cookie': found.setCookie } : {}) });
    response.end(found.body === undefined ? undefined : JSON.stringify(found.body));
  });
  await new Promise((ready) => server.listen(port, '127.0.0.1', () => ready(undefined)));
  const address = server.address();
  const at = typeof address === 'object' && address ? address.port : port;
  const stop = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${at}`, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--port');
  const { url } = await startMock(at > 0 ? Number(process.argv[at + 1]) : 8460);
  console.log(url);
}
