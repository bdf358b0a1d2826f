// The benchmark of submissions to Kubernetes: on a simulated API server, which answers at once, and, where the lab (lab/k8s) is up,
// on a real one, beside Flink's own client with the same job in the same run.
//
//   node lab/bench-kubernetes.mjs --binary FILE --sim FILE --home FLINK_HOME [--only simulator,memory,cluster]
//     [--flink VERSION] on the lab, 1.20.5 unless told; [--pairs 3] client, ours, client, ours, …
//     [--runs 30], [--burst 100], [--watched 200] of the simulator; [--markdown FILE] writes the figures as a document, too
//
// Prints one JSON line per figure: {figure, value, unit, budget, ratio, today}. `ratio` above 1 is over the budget; `today` is what
// Flink's client needs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Namespace } from '../web/e2e/lab.mjs';
import { pause, Server, until } from '../web/e2e/server.mjs';
import { ApiServer } from './api-server.mjs';
import { atEnd, cpu, cpuSince, figures, now, quantile, report, rss, run, say, times } from './measure.mjs';

const string = (fallback) => ({ type: 'string', default: fallback });
const { values: options } = parseArgs({
  options: {
    binary: string(),
    sim: string(),
    home: string(),
    only: string(),
    markdown: string(),
    flink: string('1.20.5'),
    pairs: string('3'),
    runs: string('30'),
    burst: string('100'),
    watched: string('200'),
  },
});
const count = (name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a number above 0, not '${options[name]}'`);
  return value;
};
const TEAM = 'bench';
const JAR = 'local:///opt/flink/usrlib/lab-job.jar';

function median(runs, what) {
  const values = runs.map((made) => made[what]);
  return quantile(values, 0.5);
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** A server with a target: where applications are made, and where they are looked at. */
async function place(home, namespace, target) {
  const server = new Server(options.binary);
  atEnd(() => server.remove());
  await server.command('flink', 'add', home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  await server.api('POST', '/targets', target);
  await server.api('PUT', `/targets/${target.name}/grant`, { allTeams: true });
  const api = new ApiServer(target.access.kubeconfig);
  atEnd(() => api.close());
  const path = (kind, name) => `/api${kind === 'deployments' ? 's/apps' : ''}/v1/namespaces/${namespace}/${kind}${name ? `/${name}` : ''}`;
  return { server, api, path };
}

/** The simulated API server as a process of its own. */
async function simulated() {
  const child = spawn(options.sim, ['--kubernetes'], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill());
  let kubeconfig = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    kubeconfig += piece;
  });
  await until('the simulator has said where it is', 10, () => /^users: .*\n/m.test(kubeconfig));
  const target = { name: 'sim', access: { kind: 'kubeconfig', kubeconfig }, namespace: 'default' };
  return { ...(await place(options.home, 'default', target)), sim: { child } };
}

/** Jobs of one program, released. */
async function makeJobs({ server }, target, flinkVersion, number) {
  const names = Array.from({ length: number }, (_, index) => `job-${index}`);
  const spec = { jarUri: JAR, mode: 'application', targetId: target, flinkVersion };
  for (const name of names) {
    await server.api('POST', `/teams/${TEAM}/jobs`, { name, spec });
    await server.api('POST', `/teams/${TEAM}/jobs/${name}/releases`, {});
  }
  return names;
}

const start = ({ server }, name) => server.api('POST', `/teams/${TEAM}/jobs/${name}/start`, {});
const allDone = async ({ server }, operations) => {
  for (const operation of operations) await server.done(TEAM, operation, 300);
};

/** Nothing of what was started is left. */
async function gone({ api, path }) {
  const left = async (kind) => (await api.send('GET', path(kind))).items.map((one) => `${kind}/${one.metadata.name}`);
  await until('nothing is left', 180, async () => {
    const there = [...(await left('deployments')), ...(await left('pods')), ...(await left('services'))];
    if (there.length > 0) throw new Error(there.slice(0, 5).join(', '));
    return true;
  });
}

async function cancel(there, names) {
  const stop = (name) => there.server.api('POST', `/teams/${TEAM}/jobs/${name}/stop`, { mode: 'cancel' });
  await allDone(there, await Promise.all(names.map(stop)));
  await gone(there);
}

/** Starts jobs at once, and waits until each has its Deployment with a JobManager that may run, the last step of a submission. */
async function submitted(there, names) {
  const { server, api, path } = there;
  const running = new Set();
  let before;
  let measured;
  const end = await api.watch(path('deployments'), ({ type, object }) => {
    if (!['ADDED', 'MODIFIED'].includes(type) || !object.spec.replicas) return;
    running.add(object.metadata.name);
    if (running.size === names.length) measured ??= { wall: now() - before.at, cpu: cpuSince(server, before.cpu) };
  });
  try {
    before = { cpu: cpu(server), at: now() };
    const operations = await Promise.all(names.map((name) => start(there, name)));
    await until('all objects are there', 60, () => measured);
    return { ...measured, began: before.at, cluster: [...running][0], operations };
  } catch (error) {
    const { status } = await server.api('GET', `/teams/${TEAM}/jobs/${names[0]}`);
    throw new Error(`${error.message}; ${running.size} of ${names.length}; ${names[0]}: ${status.sentence}`);
  } finally {
    end();
  }
}

/** One after the other, then many at once. */
async function simulator() {
  const there = await simulated();
  const names = await makeJobs(there, 'sim', '2.2.1', count('burst'));
  const one = async () => {
    const made = await submitted(there, names.slice(0, 1));
    await allDone(there, made.operations);
    await cancel(there, names.slice(0, 1));
    return made;
  };
  await times(3, one);
  const runs = await times(count('runs'), one);
  say(`slowest of ${runs.length}: ${Math.max(...runs.map((made) => made.wall)).toFixed(0)} ms`);
  report('simulator: request to all objects of an application created, p50', median(runs, 'wall'), 'ms', 100);
  report("simulator: the server's CPU for it, p50", median(runs, 'cpu'), 'ms', 30);
  const before = cpu(there.sim);
  const burst = await submitted(there, names);
  say(`the simulator's own CPU for ${names.length} at once: ${cpuSince(there.sim, before).toFixed(0)} ms`);
  report(`simulator: ${names.length} submissions at once, until all have their objects`, burst.wall, 'ms');
  report("simulator: the server's CPU for each of them", burst.cpu / names.length, 'ms');
  await allDone(there, burst.operations);
  await cancel(there, names);
}

/** What a watched job costs. */
async function memory() {
  const there = await simulated();
  const names = await makeJobs(there, 'sim', '2.2.1', count('watched'));
  await pause(10_000);
  const quiet = rss(there.server);
  for (let from = 0; from < names.length; from += 10) {
    const some = names.slice(from, from + 10);
    await allDone(there, await Promise.all(some.map((name) => start(there, name))));
  }
  await pause(20_000);
  const watching = rss(there.server);
  report(`resident memory with ${names.length} released applications, none running`, quiet, 'MiB');
  report(`resident memory with ${names.length} running applications`, watching, 'MiB');
  report('memory of each watched application', ((watching - quiet) * 1024) / names.length, 'KiB');
}

/** The lab's namespace and client to measure with, or why there is none. */
function lab() {
  const kubelab = path.join(import.meta.dirname, 'k8s/kubelab');
  if (spawnSync(kubelab, ['is-up'], { stdio: 'ignore' }).status !== 0) return { why: 'the lab is not up (make lab-up)' };
  const namespace = new Namespace('bench', options.flink);
  const folder = path.join(namespace.folder, 'flink', options.flink);
  if (existsSync(path.join(folder, 'bin/flink'))) return { namespace, folder };
  return { why: `the lab has no Flink ${options.flink} (lab/kubernetes.sh up ${options.flink})` };
}

/** Since `began` until all tasks run, as Flink says itself: the same look at both. */
async function allTasksRun({ api, path }, cluster, began) {
  await until('all tasks run', 300, async () => {
    const { jobs } = await api.send('GET', `${path('services', `${cluster}-rest:rest`)}/proxy/jobs/overview`);
    const { state, tasks } = jobs[0] ?? {};
    if (state === 'RUNNING' && tasks.total > 0 && tasks.running === tasks.total) return true;
    throw new Error(JSON.stringify(jobs));
  });
  return now() - began;
}

async function streamwright(there, [name]) {
  const made = await submitted(there, [name]);
  const running = await allTasksRun(there, made.cluster, made.began);
  await allDone(there, made.operations);
  await cancel(there, [name]);
  return { ...made, running };
}

/** A process with all that it starts: wall and CPU, in milliseconds. */
async function measured(args, env, log) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >"$LOG" 2>&1';
  const began = now();
  const child = spawn('bash', ['-c', script, 'client', ...args], {
    detached: true,
    env: { ...env, LOG: log },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  atEnd(() => child.exitCode === null && child.signalCode === null && process.kill(-child.pid, 'SIGKILL'));
  let told = '';
  child.stderr.on('data', (piece) => {
    told += piece;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const wall = now() - began;
  if (code !== 0) throw new Error(`${path.basename(args[0])} ended with ${code}: ${told}${readFileSync(log, 'utf8').slice(-4000)}`);
  const [user, system] = told.trim().split(' ').map(Number);
  return { began, wall, cpu: (user + system) * 1000 };
}

/** The same by Flink's own client, called as its documentation has it. */
async function client(there, namespace, folder) {
  const { server, api, path: at } = there;
  const { major, minor } = namespace;
  const image = `${namespace.facts.LAB_REGISTRY}/flink:${options.flink}`;
  const settings = {
    ...namespace.configuration(),
    'kubernetes.cluster-id': 'client',
    'kubernetes.namespace': namespace.name,
    'kubernetes.service-account': 'flink',
    // Both names at once would be a string and a map in config.yaml.
    [`kubernetes.container.image${major === 1 && minor < 17 ? '' : '.ref'}`]: image,
  };
  const command = major === 1 ? 'run-application' : 'run';
  const keys = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
  const args = [path.join(folder, 'bin/flink'), command, '-t', 'kubernetes-application', ...keys, JAR];
  const env = {
    ...process.env,
    KUBECONFIG: namespace.facts.KUBECONFIG,
    FLINK_CONF_DIR: path.join(folder, 'conf'),
    FLINK_LOG_DIR: server.folder,
  };
  const made = await measured(args, env, path.join(server.folder, 'client.log'));
  const running = await allTasksRun(there, 'client', made.began);
  await api.send('DELETE', at('deployments', 'client'), { propagationPolicy: 'Background' });
  await gone(there);
  return { ...made, running };
}

const notes = [];

/** Our server and Flink's client in turn on the real cluster, the same job with the same configuration. */
async function cluster() {
  const { namespace, folder, why } = lab();
  if (why) {
    notes.push(`Not measured on a real cluster: ${why}.`);
    return say(notes.at(-1));
  }
  const pairs = await turns(namespace, folder, count('pairs'));
  const [ours, theirs] = [pairs.map((pair) => pair.ours), pairs.map((pair) => pair.theirs)];
  const against = (figure, what, unit, share) => {
    const scale = unit === 's' ? 1000 : 1;
    const client = median(theirs, what) / scale;
    report(`Flink ${options.flink} on a real cluster: ${figure}, p50`, median(ours, what) / scale, unit, client / share, client);
  };
  against("submission, until the objects are there; the budget is a thirtieth of the client's", 'wall', 'ms', 30);
  against("CPU of the submission; the budget is a fiftieth of the client's", 'cpu', 'ms', 50);
  against("start to all tasks RUNNING; the budget is the client's", 'running', 's', 1);
}

/** The first pair is not counted: it pulls the image and fills the caches of both. */
async function turns(namespace, folder, number) {
  atEnd(() => namespace.remove());
  namespace.create();
  // Without a state root: the client would not be highly available either.
  const target = { ...namespace.target('lab', 'bench'), stateRoot: undefined };
  const there = await place(folder, namespace.name, target);
  namespace.kubectl(
    ['apply', '-f', '-'],
    await there.server.command('target', 'rbac', '--namespace', namespace.name, '--service-account', 'flink'),
  );
  const names = await makeJobs(there, 'lab', options.flink, 1);
  const told = ({ wall, cpu, running }) => `${wall.toFixed(0)} ms, CPU ${cpu.toFixed(1)} ms, all tasks run after ${seconds(running)}`;
  const pairs = await times(number + 1, async (index) => {
    const pair = { theirs: await client(there, namespace, folder), ours: await streamwright(there, names) };
    say(`${index === 0 ? 'not counted' : `pair ${index}`}: client ${told(pair.theirs)}; ours ${told(pair.ours)}`);
    return pair;
  });
  return pairs.slice(1);
}

/** The figures as a document. */
function document() {
  const digits = (value) => value.toFixed(value < 100 ? 1 : 0);
  const row = ({ figure, value, unit, budget, today }) => {
    const shown = (other) => (other === undefined ? '' : `${digits(other)} ${unit}`);
    return [figure, shown(value), shown(budget), shown(today), today === undefined ? '' : `${digits(today / value)}×`];
  };
  const rows = [['what', 'measured', 'budget', "Flink's client", 'less by'], Array(5).fill('---'), ...figures.map(row)];
  return `# Speed on Kubernetes

Measured on ${new Date().toISOString().slice(0, 10)} with ${cpus().length} × ${cpus()[0].model.trim()} and ${Math.round(totalmem() / 2 ** 30)} GiB, which the API server, its pods and the bench share, by

\`\`\`
scripts/bench kubernetes --markdown docs/reference/kubernetes-bench.md
\`\`\`

The simulator is an API server that answers at once, over real HTTP. On the real cluster (\`lab/k8s\`) the client that comes with Flink
and our server submit the same job with the same configuration in turn, the first pair uncounted. The client's time is until its command
returns, its CPU that of all its processes; ours are from the request until the last object is there, and the server's CPU until then.
That all tasks run is what Flink's REST API says.

${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
${notes.map((note) => `\n${note}\n`).join('')}`;
}

await run({ simulator, memory, cluster }, options.only?.split(','));
if (options.markdown && figures.length > 0) writeFileSync(options.markdown, document());
