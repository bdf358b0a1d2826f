// Jars in a cluster of its own on a real Kubernetes (lab/k8s): a Kafka connector and a function of one's own, brought into
// pods of the stock image; a TaskManager killed, and a JobManager whose next pod starts while the server is away; a new
// upload; then a program with odd arguments, and one that throws.
//
//   node web/e2e/kubernetes-jars.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER-OF-JARS
//
// The lab is up. Each step counts as one test. The first that fails ends the walk; what it saw is printed.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { jar, Kafka, run, shouted, words } from './kafka.mjs';
import { Namespace } from './lab.mjs';
import { Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    flink: { type: 'string' },
    home: { type: 'string' },
    connector: { type: 'string' },
    kafka: { type: 'string' },
  },
});
if (!options.binary || !options.flink || !options.home || !options.connector || !options.kafka) {
  console.error('usage: node web/e2e/kubernetes-jars.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER');
  process.exit(2);
}

const TEAM = 'jars';
/** Arguments as nobody should write them. */
const ODD = ['', ' ', 'a  b ', `it's "quoted"`, 'line\nbreak\ttab', '订单 🚀', '--x=$(id)', '$(HOME) $$', '\\', '-', '--', '{"json": [1]}'];

const namespace = new Namespace('walk-jars', options.flink);
const server = new Server(options.binary);
// Pods fetch jars from the server.
server.host = namespace.facts.LAB_NODE;
const file = (name) => path.join(server.folder, name);
const kafka = new Kafka(file('kafka'), options.kafka);

const home = { HOME: server.folder, XDG_CONFIG_HOME: file('config') };
const cli = (...args) => run(options.binary, args, { cwd: server.folder, env: { ...process.env, ...home } });
const json = async (...args) => JSON.parse(await cli(...args, '-o', 'json'));
/** The records that the job wrote, all of which are there soon, however slow the machine is. */
async function written(count) {
  await until(`${count} records`, 300, async () => (await kafka.written(count)).length >= count);
  return kafka.written(count);
}

const job = (name) => server.api('GET', `/teams/${TEAM}/jobs/${name}`);
const build = (name, to, change) => jar(name, options.home, file(to), change);
const place = ['--target', 'lab', '--flink', options.flink];

async function prepare() {
  namespace.create();
  await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  await cli('login', '--server', server.url, '--password-file', file('password'), '--team', TEAM);
  const roles = await cli('target', 'rbac', '--namespace', namespace.name, '--service-account', 'flink');
  namespace.kubectl(['apply', '-f', '-'], roles);
  await server.api('POST', '/targets', { ...namespace.target('lab', server.port), artifactUrl: server.url });
  await cli('target', 'grant', 'lab', '--team', TEAM);
  await Promise.all([
    kafka.up(server.host),
    build('Shout', 'shout.jar'),
    build('Shout', 'shout-2.jar', 's/"!"/"?"/'),
    build('Program', 'program.jar'),
  ]);
  const script = ["SET 'execution.checkpointing.interval' = '1 s';", ...kafka.script()];
  writeFileSync(file('shouter.sql'), `${script.join('\n')}\n`);
}

async function released() {
  await cli('artifact', 'upload', options.connector, '--name', 'kafka');
  await cli('artifact', 'upload', file('shout.jar'), '--name', 'shout');
  const jars = ['--with', 'kafka', '--with', 'shout'];
  await cli('job', 'create', 'shouter', '--sql', file('shouter.sql'), ...place, '--parallelism', '1', ...jars);
  const release = await json('job', 'release', 'shouter');
  equal(
    'pinned',
    release.artifacts.map((one) => `${one.name}@${one.version}`),
    ['kafka@1', 'shout@1'],
  );
}

async function runs() {
  await cli('job', 'start', 'shouter', '--wait');
  await kafka.put(words(0, 200));
  equal('records', await written(200), shouted(0, 200));
  for (const pod of namespace.pods()) {
    equal('its image', pod.spec.containers[0].image, `${namespace.facts.LAB_REGISTRY}/flink:${options.flink}`);
    equal('who brings its jars', pod.spec.initContainers.length, 1);
  }
}

async function taskManagerKilled() {
  const before = (await job('shouter')).run;
  const [pod] = namespace.pods('taskmanager');
  namespace.kill(pod);
  await kafka.put(words(200, 300));
  // The next pod brings its jars again, and what was in flight comes from the last checkpoint.
  await until('another TaskManager runs', 120, () =>
    namespace.pods('taskmanager').some((one) => one.metadata.name !== pod.metadata.name && one.status.phase === 'Running'),
  );
  equal('records', await written(300), shouted(0, 300));
  equal('the run', (await job('shouter')).run.id, before.id);
}

/** Pods are made again at any time, so also while the server is upgraded: they wait for it. */
async function serverIsAway() {
  const before = (await job('shouter')).run;
  await server.stop();
  const [pod] = namespace.pods('jobmanager');
  namespace.kill(pod);
  await until('the next JobManager waits for its jars', 120, () =>
    namespace
      .pods('jobmanager')
      .filter((one) => one.metadata.name !== pod.metadata.name)
      .some((one) => one.status.initContainerStatuses?.some((init) => init.state.running || init.lastState?.terminated)),
  );
  await server.start({ password: false });
  await until('it runs again', 180, async () => (await job('shouter')).status.flinkState === 'RUNNING');
  await kafka.put(words(300, 400));
  equal('records', await written(400), shouted(0, 400));
  equal('the run', (await job('shouter')).run.id, before.id);
}

async function newUpload() {
  await cli('artifact', 'upload', file('shout-2.jar'), '--name', 'shout');
  await cli('job', 'release', 'shouter');
  await cli('job', 'restart', 'shouter', '--release', '2', '--wait');
  await kafka.put(words(400, 450));
  equal('records', await written(450), [...shouted(0, 400), ...shouted(400, 450, '?')]);
  await cli('job', 'stop', 'shouter', '--wait');
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

async function programGetsItsArguments() {
  await cli('artifact', 'upload', file('program.jar'), '--name', 'program');
  const args = ['/tmp/told', 'run', ...ODD].flatMap((arg) => [`--arg=${arg}`]);
  const settings = ['--config', 'execution.checkpointing.interval=1 s'];
  await cli('job', 'create', 'program', '--jar', 'program', ...args, ...place, ...settings);
  await cli('job', 'release', 'program');
  await cli('job', 'start', 'program', '--wait');
  const [pod] = namespace.pods('jobmanager');
  const told = namespace.here('exec', pod.metadata.name, '-c', 'flink-main-container', '--', 'cat', '/tmp/told');
  const lines = told.split('\n').slice(2, -1);
  equal(
    'arguments',
    lines.map((line) => Buffer.from(line, 'base64').toString('utf8')),
    ODD,
  );
  await cli('job', 'stop', 'program', '--wait');
  await cli('job', 'start', 'program', '--from', 'latest', '--wait');
  await cli('job', 'stop', 'program', '--mode', 'cancel', '--wait');
}

async function programThatThrowsSaysWhy() {
  await cli('job', 'edit', 'program', '--arg=/tmp/told', '--arg=throw', '--entry-class', 'lab.Program');
  await cli('job', 'release', 'program');
  const said = await cli('job', 'start', 'program', '--wait').catch((error) => `${error.stdout}${error.stderr}`);
  const why = '--topic is missing in 2 arguments';
  if (!said.includes(why)) throw new Error(`a start whose main throws does not say '${why}': ${said}`);
  const trace = JSON.stringify(await server.api('GET', `/teams/${TEAM}/jobs/program/exceptions`));
  for (const word of [why, 'lab.Program.main(']) {
    if (!trace.includes(word)) throw new Error(`the exceptions do not have '${word}': ${trace}`);
  }
  await until('nothing is left in the namespace', 120, () => namespace.left().length === 0);
}

const steps = [
  ['a server beside the lab, Kafka and three jars', prepare],
  ['a release pins its jars', released],
  ['pods of the stock image have them: Kafka is read and written, the function called', runs],
  ['a TaskManager is killed: nothing is lost, nothing comes twice', taskManagerKilled],
  ['a JobManager is killed while the server is away: it waits, and goes on', serverIsAway],
  ['the next release takes the new upload, and goes on where the old one stopped', newUpload],
  ['a program gets its arguments as they are, and goes on from its savepoint', programGetsItsArguments],
  ['a program that throws says why, and nothing is left of it', programThatThrowsSaysWhy],
];

try {
  for (const [name, walk] of steps) await step(name, walk);
} catch (error) {
  story.failed += 1;
  console.log(`not ok ${steps[story.passed][0]}\n${error.stack}\n${error.stderr ?? ''}`);
  for (const what of ['', '/events', '/snapshots', '/runs', '/operations']) {
    const told = await server.api('GET', `/teams/${TEAM}/jobs/shouter${what}`).catch((failure) => failure.message);
    console.log(`--- the job${what}\n${JSON.stringify(told, null, 1).slice(0, 12_000)}`);
  }
  console.log(namespace.told());
  console.log(`--- the server's log\n${readFileSync(server.log, 'utf8').slice(-8000)}`);
} finally {
  await server.stop().catch(() => {});
  await kafka.down().catch(() => {});
  await server.remove();
  namespace.remove();
}
console.log(`kubernetes-jars-${options.flink}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
