// The real server for end-to-end runs: in a folder of its own, on a free port, ended without leaving anything.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const PASSWORD = 'a password for the walk';

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `look` answers something; fails after `limit` seconds, naming what was waited for and the last answer. */
export async function until(what, limit, look) {
  const end = Date.now() + limit * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(`${what}: not so after ${limit} s${last === undefined ? '' : `; last: ${last?.message ?? JSON.stringify(last)}`}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Process ids whose command line or working folder is below a folder. */
function below(folder) {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        const ours = `${folder}/`;
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(ours) || `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(ours);
      } catch {
        return false; // gone meanwhile
      }
    })
    .map(Number);
}

export class Server {
  /** With a database's address the server works on that one instead of SQLite; `settings` are further variables. */
  constructor(binary, database, settings = {}) {
    this.binary = binary;
    this.env = { ...process.env, ...settings, ...(database ? { STREAMWRIGHT_DATABASE: database } : {}) };
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'walk-'));
    this.data = path.join(this.folder, 'data');
    this.password = PASSWORD;
    this.cookie = '';
    /** The address that it listens on. */
    this.host = '127.0.0.1';
  }

  /** Runs a command of the binary to its end. */
  async command(...args) {
    return (await promisify(execFile)(this.binary, args, { cwd: this.folder, env: this.env, maxBuffer: 1 << 24 })).stdout;
  }

  async start({ password = true } = {}) {
    const file = path.join(this.folder, 'password');
    writeFileSync(file, PASSWORD, { mode: 0o600 });
    this.port ??= await freePort();
    this.url = `http://${this.host}:${this.port}`;
    this.log = path.join(this.folder, 'server.log');
    const output = openSync(this.log, 'a');
    const args = ['serve', '--data', this.data, '--listen', `${this.host}:${this.port}`];
    if (password) args.push('--admin-password-file', file);
    this.child = spawn(this.binary, args, { cwd: this.folder, env: this.env, stdio: ['ignore', output, output] });
    this.exit = new Promise((resolve) => this.child.once('exit', resolve));
    await until('the server is ready', 60, async () => {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.tail()}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** Starts and ends the server once before its admin has a password; answers the one-time link that it prints. */
  async firstLink() {
    await this.start({ password: false });
    const link = await until('the one-time link', 20, () => /http\S+sign-in#token=\S+/.exec(this.tail())?.[0]);
    await this.stop();
    return link;
  }

  /** Ends the server, and only it. */
  async stop(signal = 'SIGTERM') {
    this.child?.kill(signal);
    await this.exit;
  }

  tail() {
    return existsSync(this.log ?? '') ? readFileSync(this.log, 'utf8').split('\n').slice(-60).join('\n') : '';
  }

  async signIn() {
    const answer = await this.fetch('POST', '/sign-in', { name: 'admin', password: PASSWORD });
    this.cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  }

  async fetch(method, address, body, more = {}) {
    const headers = { cookie: this.cookie, ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(`${this.url}/api/v1${address}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async api(method, address, body) {
    const text = await (await this.fetch(method, address, body)).text();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Waits until an operation has ended well. */
  async done(team, operation, limit) {
    const ended = await until(`operation ${operation.kind}`, limit, async () => {
      const now = await this.api('GET', `/teams/${team}/operations/${operation.id}?wait=5s`);
      return now.endedAt ? now : undefined;
    });
    if (ended.state !== 'succeeded') throw new Error(`operation ${ended.kind} ${ended.state}: ${JSON.stringify(ended.error)}`);
    return ended;
  }

  /** Ends everything that was started below the folder and removes it; answers the processes that were still there. */
  async remove() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) await this.stop('SIGKILL');
    const left = below(this.folder);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    await until('the processes are gone', 20, () => below(this.folder).length === 0);
    rmSync(this.folder, { recursive: true, force: true });
    return left;
  }
}
