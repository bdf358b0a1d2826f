// Session clusters on a real Kubernetes (lab/k8s): ours, and one that Flink's own kubernetes-session.sh made, found in the
// namespace, taken up, used, forgotten, and deleted only where its Deployment is named.
//
//   node web/e2e/kubernetes-session.mjs --binary FILE --flink VERSION --home FLINK_HOME
//
// The lab is up, and has Flink's client. Each step counts as one test. The first that fails ends the walk; what it saw is
// printed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './kafka.mjs';
import { Namespace } from './lab.mjs';
import { Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    flink: { type: 'string' },
    home: { type: 'string' },
  },
});
if (!options.binary || !options.flink || !options.home) {
  console.error('usage: node web/e2e/kubernetes-session.mjs --binary FILE --flink VERSION --home FLINK_HOME');
  process.exit(2);
}

const TEAM = 'session';
const namespace = new Namespace('walk-session', options.flink);
const server = new Server(options.binary);
const file = (name) => path.join(server.folder, name);
const home = { HOME: server.folder, XDG_CONFIG_HOME: file('config') };
const cli = (...args) => run(options.binary, args, { cwd: server.folder, env: { ...process.env, ...home } });
const json = async (...args) => JSON.parse(await cli(...args, '-o', 'json'));

/** What a command that fails says. */
async function refused(...args) {
  const said = await cli(...args).catch((error) => error);
  if (typeof said === 'string') throw new Error(`${args.join(' ')} succeeded: ${said}`);
  return `${said.stdout}${said.stderr}`;
}

function says(what, text, ...words) {
  for (const word of words) if (!text.includes(word)) throw new Error(`${what} does not say '${word}': ${text}`);
}

const running = (cluster) =>
  until(`cluster ${cluster} answers`, 180, async () => (await json('cluster', 'show', cluster)).status.label === 'running');

async function prepare() {
  namespace.create();
  await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  await cli('login', '--server', server.url, '--password-file', file('password'), '--team', TEAM);
  namespace.kubectl(['apply', '-f', '-'], await cli('target', 'rbac', '--namespace', namespace.name, '--service-account', 'flink'));
  await server.api('POST', '/targets', namespace.target('lab', server.port));
  await cli('target', 'grant', 'lab', '--team', TEAM);
  writeFileSync(
    file('numbers.sql'),
    `CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
CREATE TABLE nowhere (n INT) WITH ('connector' = 'blackhole');
INSERT INTO nowhere SELECT n FROM numbers;
`,
  );
}

async function ours() {
  await cli('cluster', 'create', 'ours', '--target', 'lab', '--flink', options.flink, '--slots', '2');
  equal('objects before its start', namespace.left(), []);
  await cli('cluster', 'start', 'ours', '--wait');
  await cli('job', 'create', 'first', '--sql', file('numbers.sql'), '--cluster', 'ours');
  await cli('job', 'release', 'first');
  await cli('job', 'start', 'first', '--wait');
  await cli('job', 'stop', 'first', '--wait');
  await cli('job', 'start', 'first', '--wait');
  says('a stop of a cluster in use', await cli('job', 'show', 'first'), 'RUNNING');
  await cli('job', 'stop', 'first', '--mode', 'cancel', '--wait');
  await cli('cluster', 'stop', 'ours', '--wait');
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

/** As Flink's documentation has it. */
function made() {
  const settings = {
    ...namespace.configuration(),
    'kubernetes.cluster-id': 'theirs',
    'kubernetes.namespace': namespace.name,
    'kubernetes.service-account': 'flink',
    [namespace.before(17) ? 'kubernetes.container.image' : 'kubernetes.container.image.ref']:
      `${namespace.facts.LAB_REGISTRY}/flink:${options.flink}`,
    'state.checkpoints.dir': `s3://${namespace.facts.S3_BUCKET}/${namespace.name}-theirs`,
    'state.savepoints.dir': `s3://${namespace.facts.S3_BUCKET}/${namespace.name}-theirs`,
  };
  const client = path.join(namespace.folder, 'flink', options.flink);
  const args = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
  const environment = { ...process.env, KUBECONFIG: namespace.facts.KUBECONFIG, FLINK_CONF_DIR: path.join(client, 'conf') };
  execFileSync(path.join(client, 'bin/kubernetes-session.sh'), args, { env: environment, encoding: 'utf8', stdio: 'pipe' });
}

async function found() {
  made();
  says('the list', await cli('cluster', 'find', 'lab'), 'theirs', 'session', `flink:${options.flink}`);
  says('another name', await refused('cluster', 'create', 'x', '--target', 'lab', '--deployment', 'nobody'), 'no Flink cluster', 'nobody');
  await cli('cluster', 'create', 'shared', '--target', 'lab', '--deployment', 'theirs');
  await running('shared');
  equal('its version', (await json('cluster', 'show', 'shared')).flinkVersion, options.flink);
}

async function used() {
  await cli('job', 'create', 'second', '--sql', file('numbers.sql'), '--cluster', 'shared');
  await cli('job', 'release', 'second');
  says('a start while it is only looked at', await refused('job', 'start', 'second', '--wait'), 'only looked at', 'cluster access');
  says('its stop', await refused('cluster', 'stop', 'shared'), 'Somebody else');
  await cli('cluster', 'access', 'shared', '--jobs');
  await cli('job', 'start', 'second', '--wait');
  await cli('job', 'stop', 'second', '--wait');
  await cli('job', 'start', 'second', '--wait');
  await cli('job', 'stop', 'second', '--mode', 'cancel', '--wait');
}

async function forgottenAndDeleted() {
  const there = () => namespace.left().includes('Deployment/theirs');
  says('another Deployment', await refused('cluster', 'delete', 'shared', '--deployment', 'flink'), 'theirs');
  await cli('cluster', 'delete', 'shared');
  equal('it stays', there(), true);
  await cli('cluster', 'create', 'shared', '--target', 'lab', '--deployment', 'theirs');
  await cli('cluster', 'delete', 'shared', '--deployment', 'theirs');
  await until('its Deployment is gone', 60, () => !there());
}

const steps = [
  ['a server beside the lab, a target', prepare],
  ['a session cluster of ours: started, used, stopped, and nothing of it is left', ours],
  ["one that Flink's client made is found and taken up", found],
  ['it is only looked at, then opened for jobs', used],
  ['it is forgotten and stays; named, it is deleted', forgottenAndDeleted],
];

try {
  for (const [name, walk] of steps) await step(name, walk);
} catch (error) {
  story.failed += 1;
  console.log(`not ok ${steps[story.passed][0]}\n${error.stack}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  console.log(namespace.told());
  console.log(`--- the server's log\n${readFileSync(server.log, 'utf8').slice(-8000)}`);
} finally {
  await server.remove();
  namespace.remove();
}
console.log(`kubernetes-session-${options.flink}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
