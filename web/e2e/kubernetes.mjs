// A SQL job in a cluster of its own on a real Kubernetes (lab/k8s), through the whole walk: target with test and grant →
// release → start → RUNNING → savepoint to S3 → stop with savepoint → start from it → JobManager's pod killed → an image that
// is not there → the server killed in the middle of a start → cancel → nothing left.
//
//   node web/e2e/kubernetes.mjs --binary FILE --flink VERSION --home FLINK_HOME [--failure FILE.png]
//
// The lab is up; its facts come from `lab/kubernetes.sh facts`. Each step counts as one test. The first that fails ends the
// walk; what it saw is printed.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Namespace } from './lab.mjs';
import { Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    flink: { type: 'string' },
    home: { type: 'string' },
    failure: { type: 'string' },
  },
});
if (!options.binary || !options.flink || !options.home) {
  console.error('usage: node web/e2e/kubernetes.mjs --binary FILE --flink VERSION --home FLINK_HOME');
  process.exit(2);
}

const TEAM = 'walk';
const version = options.flink;
const namespace = new Namespace(`walk-${version.replaceAll('.', '-')}`, version);
const server = new Server(options.binary);

const team = `/teams/${TEAM}`;
const job = (name = 'counter') => server.api('GET', `${team}/jobs/${name}`);
const events = async () => (await server.api('GET', `${team}/jobs/counter/events`)).items;
const done = async (operation, limit = 240) => server.done(TEAM, operation, limit);
const post = (address, body = {}) => server.api('POST', `${team}/jobs/${address}`, body);

async function prepare() {
  namespace.create();
  await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
}

async function targetIsTested() {
  const roles = await server.command('target', 'rbac', '--namespace', namespace.name, '--service-account', 'flink');
  namespace.kubectl(['apply', '-f', '-'], roles);
  await server.api('POST', '/targets', namespace.target('lab', server.port));
  const report = await server.api('POST', '/targets/lab/test');
  const bad = report.checks.filter((check) => check.outcome !== 'ok');
  equal('checks that are not well', bad, []);
  await server.api('PUT', '/targets/lab/grant', { allTeams: true });
}

const script = `CREATE TABLE events (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20', 'fields.k.min' = '1', 'fields.k.max' = '9');
CREATE TABLE results (k INT, n BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT k, COUNT(*) FROM events GROUP BY k;
`;

async function save(name, change = {}) {
  const spec = {
    sql: script,
    mode: 'application',
    targetId: 'lab',
    flinkVersion: version,
    configuration: { 'execution.checkpointing.interval': '2s' },
    ...change,
  };
  await server.fetch('PUT', `${team}/jobs/${name}/draft`, spec, { 'if-match': '*' });
  return post(`${name}/releases`, { overrideErrors: false });
}

async function released() {
  await server.api('POST', `${team}/jobs`, { name: 'counter' });
  const release = await save('counter');
  equal('errors', release.errors, 0);
}

async function running(name = 'counter') {
  const seen = await job(name);
  equal('label', seen.status.label, 'running');
  return seen;
}

async function started() {
  const began = Date.now();
  await done(await post('counter/start', {}));
  console.log(`  all tasks run after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const { run } = await running();
  const names = namespace.left();
  const cluster = names.find((name) => name.startsWith('Deployment/')).split('/')[1];
  if (!/^sw-[a-z2-7]{26}$/.test(cluster)) throw new Error(`the cluster is called ${cluster}`);
  const [{ labels }] = namespace.items('deployments').map((one) => one.metadata);
  equal('the run', labels['streamwright.io/run'], run.id.split('_')[1]);
}

async function savepointTaken() {
  await done(await post('counter/savepoint'));
  const { items } = await server.api('GET', `${team}/jobs/counter/snapshots`);
  const savepoint = items.find((one) => one.kind === 'savepoint');
  equal('state', savepoint.state, 'complete');
  if (!savepoint.path.startsWith('s3://')) throw new Error(`the savepoint is at ${savepoint.path}`);
}

async function stopped() {
  await done(await post('counter/stop', { mode: 'savepoint' }));
  equal('label', (await job()).status.label, 'stopped');
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

async function startedFromIt() {
  await done(await post('counter/start', { state: { from: 'latest' } }));
  const { run } = await running();
  const { items } = await server.api('GET', `${team}/jobs/counter/snapshots`);
  const complete = items.filter((one) => one.kind === 'savepoint' && one.path);
  equal('it started from', run.restorePath, complete[0].path);
}

async function jobManagerKilled() {
  const before = await running();
  await until('it has made a checkpoint', 60, async () => {
    const { latest } = await server.api('GET', `${team}/jobs/counter/checkpoints`);
    return latest?.path ?? latest?.externalPath ?? latest;
  });
  namespace.kill(namespace.pods('jobmanager')[0]);
  await until('the restart is told', 180, async () =>
    (await events()).some((event) => event.code === 'jobmanager_restarted' || event.kind === 'jobmanager_restarted'),
  );
  await until('it runs again', 180, async () => {
    const now = await job();
    return now.status.label === 'running' && now.status.flinkState === 'RUNNING';
  });
  equal('the run', (await job()).run.id, before.run.id);
}

async function canceled() {
  await done(await post('counter/stop', { mode: 'cancel' }));
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

async function imageIsMissing() {
  await server.api('POST', `${team}/jobs`, { name: 'broken' });
  await server.api('POST', '/targets', namespace.target('nowhere', server.port, 'none'));
  await server.api('PUT', '/targets/nowhere/grant', { allTeams: true });
  await save('broken', { targetId: 'nowhere' });
  const operation = await post('broken/start', {});
  const sentence = await until('the cause is on the page', 120, async () => {
    const now = (await job('broken')).status.sentence;
    return /image/i.test(now) ? now : undefined;
  });
  console.log(`  ${sentence}`);
  equal('the operation', (await server.api('GET', `${team}/operations/${operation.id}`)).state, 'running');
  await done(await post('broken/stop', { mode: 'cancel' }));
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

async function serverKilled() {
  const operation = await post('counter/start', {});
  await until('its Deployment is there', 30, () => namespace.left().some((name) => name.startsWith('Deployment/')));
  await server.stop('SIGKILL');
  await server.start({ password: false });
  await done(operation);
  const deployments = namespace.left().filter((name) => name.startsWith('Deployment/'));
  equal('deployments', deployments.length, 1);
  equal('attempt', (await running()).run.attempt, 1);
}

const steps = [
  ['a server starts beside the lab', prepare],
  ['a target with ready-made roles passes its test', targetIsTested],
  ['a script is released for a cluster of its own', released],
  ['it runs, without an image of its own', started],
  ['a savepoint is in S3', savepointTaken],
  ['it stops with a savepoint, and nothing of it is left', stopped],
  ['it goes on from there', startedFromIt],
  ['its JobManager is killed: the same run goes on', jobManagerKilled],
  ['it is cancelled, and nothing of it is left', canceled],
  ['an image that is not there is named as the cause', imageIsMissing],
  ['the server is killed in the middle of a start: one cluster, one run', serverKilled],
  ['it is cancelled again', canceled],
];

try {
  for (const [name, walk] of steps) await step(name, walk);
} catch (error) {
  story.failed += 1;
  console.log(`not ok ${steps[story.passed][0]}`);
  console.log(error.stack);
  console.log(`--- the job\n${JSON.stringify(await job().catch((e) => e.message), null, 1)}`);
  console.log(namespace.told());
  console.log(`--- the server's log\n${readFileSync(server.log, 'utf8').slice(-8000)}`);
} finally {
  const alive = await server.remove();
  if (alive.length > 1) console.log(`left alive: ${alive}`);
  namespace.remove();
}
console.log(`kubernetes-${version}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
