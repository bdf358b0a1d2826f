// The benchmark: a real server, a simulated Flink for numbers of jobs and a real one for the walk of a start.
//
//   node lab/bench.mjs --binary FILE --sim FILE --merge FILE --flink VERSION --home FLINK_HOME [--only start,reads,…]
//
// Prints one JSON line per figure: {figure, value, unit, budget, ratio, today}. `ratio` above 1 is over the budget;
// `today` is what the common control plane for Flink needs on the same kind of machine.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { pause, Server, until } from '../web/e2e/server.mjs';
import { atEnd, quantile, report, rss, run, say, times } from './measure.mjs';

const string = { type: 'string' };
const { values: options } = parseArgs({
  options: { binary: string, sim: string, merge: string, flink: string, home: string, only: string },
});
const TEAM = 'bench';
const JOBS = 1000;
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const SCRIPT = `CREATE TABLE orders (id BIGINT, price DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE totals (w TIMESTAMP(3), n BIGINT, total DOUBLE) WITH ('connector' = 'blackhole');
CREATE TABLE ids (id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO totals SELECT window_start, COUNT(*), SUM(price) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
INSERT INTO ids SELECT id FROM orders;
`;

/** One request over a kept connection, timed to the last byte, in milliseconds. */
function timed(server, method, address, body) {
  const start = process.hrtime.bigint();
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = http.request(`${server.url}/api/v1${address}`, { method, headers, agent }, (answer) => {
      answer.on('data', () => undefined);
      answer.on('end', () => {
        const ms = Number(process.hrtime.bigint() - start) / 1e6;
        answer.statusCode < 300 ? resolve(ms) : reject(new Error(`${method} ${address}: ${answer.statusCode}`));
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function fresh() {
  const server = new Server(options.binary);
  atEnd(() => server.remove());
  if (options.home) await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  server.token = (await server.api('POST', '/me/tokens', { name: 'bench' })).secret;
  await server.api('POST', '/teams', { name: TEAM });
  return server;
}

/** A simulated Flink as a process of its own. */
async function simulated() {
  const child = spawn(options.sim, ['--slots', '20000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill());
  const url = await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
  return {
    url,
    record: async () => (await fetch(`${url}/__sim/requests`)).json(),
    clear: () => fetch(`${url}/__sim/requests`, { method: 'DELETE' }),
  };
}

async function withSim(server, sim) {
  await server.api('POST', `/teams/${TEAM}/clusters`, { name: 'sim', target: 'standalone', restUrl: sim.url });
  await until('the cluster is seen', 30, async () => (await server.api('GET', `/teams/${TEAM}/clusters/sim`)).flinkVersion);
}

async function makeJobs(server, count, from = 0) {
  for (let index = from; index < from + count; index += 1) {
    const name = `job-${index}`;
    await server.api('POST', `/teams/${TEAM}/jobs`, { name, spec: { clusterId: 'sim', sql: SCRIPT, parallelism: 1 } });
  }
}

async function startJobs(server, count) {
  const operations = [];
  for (let index = 0; index < count; index += 1) {
    await server.api('POST', `/teams/${TEAM}/jobs/job-${index}/releases`, { overrideErrors: true });
    operations.push(await server.api('POST', `/teams/${TEAM}/jobs/job-${index}/start`, {}));
  }
  for (const operation of operations) await server.done(TEAM, operation, 120);
}

/** Start to ready, and memory at rest. */
async function start() {
  const server = await fresh();
  await server.stop();
  const values = await times(11, async () => {
    const begin = process.hrtime.bigint();
    await server.start();
    const ms = Number(process.hrtime.bigint() - begin) / 1e6;
    await server.stop();
    return ms;
  });
  report('start to ready on an existing SQLite file, p50', quantile(values, 0.5), 'ms', 300, 7300);
  await server.start();
  await pause(10_000);
  report('resident memory at rest', rss(server), 'MiB', 60, 800);
}

/** Reads with a thousand jobs, fifty of them running. */
async function reads() {
  const [server, sim] = [await fresh(), await simulated()];
  await withSim(server, sim);
  say(`making ${JOBS} jobs`);
  await makeJobs(server, JOBS);
  await startJobs(server, 50);
  const one = () => timed(server, 'GET', `/teams/${TEAM}/jobs/job-${Math.floor(Math.random() * JOBS)}`);
  await times(200, one);
  const values = await times(3000, one);
  report(`read of one job at ${JOBS} jobs, p50`, quantile(values, 0.5), 'ms', 10, 3.6);
  report(`read of one job at ${JOBS} jobs, p99`, quantile(values, 0.99), 'ms', 10, 12);
  const list = () => timed(server, 'GET', `/teams/${TEAM}/jobs?limit=${JOBS}`);
  await times(10, list);
  report(`list of ${JOBS} jobs, p50`, quantile(await times(60, list), 0.5), 'ms', 50);
  report(`resident memory with ${JOBS} jobs, 50 of them running`, rss(server), 'MiB', 100);
}

/** Requests that tracking costs, per cluster and per job. */
async function tracking() {
  const [server, sim] = [await fresh(), await simulated()];
  await withSim(server, sim);
  const perMinute = async () => {
    await pause(20_000);
    await sim.clear();
    await pause(60_000);
    return Object.values((await sim.record()).counts).reduce((sum, count) => sum + count, 0);
  };
  const quiet = await perMinute();
  report('requests a minute for a quiet cluster', quiet, '1/min', 12);
  await makeJobs(server, 10);
  await startJobs(server, 10);
  report('requests a minute for each running job', ((await perMinute()) - quiet) / 10, '1/min', 2, 24);
}

/** Check and start with the real Flink. */
async function real() {
  const server = await fresh();
  const cluster = { name: 'local', target: 'local', flinkVersion: options.flink, taskManagers: 1, slots: 4 };
  await server.api('POST', `/teams/${TEAM}/clusters`, cluster);
  const cold = await timed(server, 'POST', `/teams/${TEAM}/check`, { sql: SCRIPT, cluster: 'local' });
  report('SQL check, cold worker', cold, 'ms', 2000);
  const check = (index) => timed(server, 'POST', `/teams/${TEAM}/check`, { sql: `${SCRIPT}-- ${index}\n`, cluster: 'local' });
  await times(10, check);
  report('SQL check of 5 statements, warm, p50', quantile(await times(40, (index) => check(index + 100)), 0.5), 'ms', 60, 315);
  await server.done(TEAM, await server.api('POST', `/teams/${TEAM}/clusters/local/start`), 120);
  await server.api('POST', `/teams/${TEAM}/jobs`, { name: 'walk', spec: { clusterId: 'local', sql: SCRIPT, parallelism: 1 } });
  await server.api('POST', `/teams/${TEAM}/jobs/walk/releases`, {});
  const shown = async () => {
    const begin = process.hrtime.bigint();
    await server.api('POST', `/teams/${TEAM}/jobs/walk/start`, {});
    for (;;) {
      if ((await server.api('GET', `/teams/${TEAM}/jobs/walk`)).status.label === 'running') break;
      await pause(10);
    }
    const ms = Number(process.hrtime.bigint() - begin) / 1e6;
    await server.done(TEAM, await server.api('POST', `/teams/${TEAM}/jobs/walk/stop`, { mode: 'cancel' }), 60);
    return ms;
  };
  // No budget of its own: it is to be ahead of what users have today.
  report('start request to RUNNING shown, first on the cluster', await shown(), 'ms', 10600, 10600);
  await shown();
  report('start request to RUNNING shown, warm cluster, p50', quantile(await times(7, shown), 0.5), 'ms', 1000, 2000);
  await server.done(TEAM, await server.api('POST', `/teams/${TEAM}/clusters/local/stop`), 60);
}

/** Merging 100 MB of jars, beside maven-shade on the same jars: both as whole processes, Maven from its warm repository. */
async function merge() {
  const folder = mkdtempSync(join(tmpdir(), 'streamwright-merge-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  copyFileSync(new URL('merge/pom.xml', import.meta.url), join(folder, 'pom.xml'));
  const maven = (...goals) => execFileSync('mvn', ['-q', '-B', '-ntp', ...goals], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  maven('dependency:copy-dependencies', 'package');
  const jars = readdirSync(join(folder, 'target/jars')).map((name) => join(folder, 'target/jars', name));
  const runner = new URL('../java/runner/target/runner.jar', import.meta.url).pathname;
  const wall = (call) => {
    const begin = process.hrtime.bigint();
    call();
    return Number(process.hrtime.bigint() - begin) / 1e6;
  };
  const pairs = await times(5, (index) => ({
    ours: wall(() => execFileSync(options.merge, [join(folder, `data-${index}`), runner, ...jars])),
    shade: wall(() => maven('--offline', 'package')),
  }));
  const median = (who) =>
    quantile(
      pairs.map((pair) => pair[who]),
      0.5,
    );
  report(
    'merge of 103 MB in four jars, p50; the budget is a tenth of maven-shade beside it',
    median('ours'),
    'ms',
    median('shade') / 10,
    median('shade'),
  );
}

const PARTS = { start, reads, merge, real, tracking };
await run(PARTS, options.only?.split(','));
