// Jars, from files into production, as somebody does it at a terminal: a Kafka connector and a function of one's own,
// checked, uploaded, released, started on a real cluster, stopped with a savepoint and resumed without loss; a new upload
// under an old name changes nothing that is released. Then a program, the main class of a jar, with odd arguments.
//
//   node web/e2e/jars.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER-OF-JARS
//
// Each step counts as one test. The first that fails ends the run; what it saw is printed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { jar, Kafka, run, shouted, words } from './kafka.mjs';
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
  console.error('usage: node web/e2e/jars.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER');
  process.exit(2);
}

const TEAM = 'jars';
/** Arguments as nobody should write them. */
const ODD = ['', ' ', 'a  b ', `it's "quoted"`, 'line\nbreak\ttab', '订单 🚀', '--x=$(id)', '\\', '-', '--', '{"json": [1]}'];

const server = new Server(options.binary);
const file = (name) => path.join(server.folder, name);
const kafka = new Kafka(file('kafka'), options.kafka);

/** The token of `login` is kept in a folder of this run. */
const home = { HOME: server.folder, XDG_CONFIG_HOME: file('config') };
const given = (input, ...args) => run(options.binary, args, { input, cwd: server.folder, env: { ...process.env, ...home } });
const cli = (...args) => given('', ...args);
const json = async (...args) => JSON.parse(await cli(...args, '-o', 'json'));

/** What a command that fails says, with its exit code. */
async function refused(code, ...args) {
  try {
    const said = await cli(...args);
    throw new Error(`${args.join(' ')} succeeded: ${said}`);
  } catch (error) {
    if (error.code !== code) throw error;
    return `${error.stdout}${error.stderr}`;
  }
}

function says(what, text, ...words) {
  for (const word of words) if (!text.includes(word)) throw new Error(`${what} does not say '${word}': ${text}`);
}

const build = (name, to, change) => jar(name, options.home, file(to), change);

async function prepare() {
  await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  await cli('login', '--server', server.url, '--password-file', file('password'), '--team', TEAM);
  const up = kafka.up();
  const cluster = cli('cluster', 'create', 'local', '--flink', options.flink, '--slots', '3', '--task-managers', '1', '--wait');
  await Promise.all([build('Shout', 'shout.jar'), build('Shout', 'shout-2.jar', 's/"!"/"?"/'), build('Program', 'program.jar')]);
  await Promise.all([up, cluster]);
  const script = ["SET 'execution.checkpointing.interval' = '1 s';", ...kafka.script()];
  writeFileSync(file('shouter.sql'), `${script.join('\n')}\n`);
}

async function checkedWithoutServer() {
  const check = ['check', file('shouter.sql'), '--flink-home', options.home, '--data', server.data];
  const alone = await refused(1, ...check);
  says('a check without jars', alone, "No connector 'kafka'", ':3:');
  const half = await refused(1, ...check, '--jar', options.connector);
  says('a check without the function', half, 'Class lab.Shout is in none', ':2:');
  await cli(...check, '--jar', options.connector, '--jar', file('shout.jar'));
  const wrong = file('wrong.sql');
  writeFileSync(wrong, readFileSync(file('shouter.sql'), 'utf8').replace("'scan.startup.mode'", "'scan.startup.mod'"));
  const option = await refused(1, 'check', wrong, ...check.slice(2), '--jar', options.connector, '--jar', file('shout.jar'));
  says('a check of an option of the connector', option, 'scan.startup.mod', ':3:');
  writeFileSync(file('text.jar'), 'no jar');
  says('a text that is called a jar', await refused(2, ...check, '--jar', file('text.jar')), 'text.jar', 'jar');
}

async function released() {
  await cli('artifact', 'upload', options.connector, '--name', 'kafka');
  await cli('artifact', 'upload', file('shout.jar'), '--name', 'shout');
  await cli(
    'job',
    'create',
    'shouter',
    '--sql',
    file('shouter.sql'),
    '--cluster',
    'local',
    '--parallelism',
    '1',
    '--with',
    'kafka',
    '--with',
    'nothing',
  );
  const unknown = await refused(4, 'job', 'release', 'shouter');
  says('a release with an unknown jar', unknown, "no artifact 'nothing'", 'jars[1]');
  await cli('job', 'edit', 'shouter', '--with', 'kafka', '--with', 'shout');
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
  equal('records', await kafka.written(200), shouted(0, 200, '!'));
}

async function resumesWithWhatWasReleased() {
  const newer = await json('artifact', 'upload', file('shout-2.jar'), '--name', 'shout');
  equal('version', newer.version ?? newer.artifact?.version, 2);
  await cli('job', 'stop', 'shouter', '--wait');
  await kafka.put(words(200, 300));
  // Without being told, a start goes on from the savepoint.
  await cli('job', 'start', 'shouter', '--wait');
  await kafka.put(words(300, 400));
  // Each record once: none is lost and none comes twice, and none has the mark of the new upload.
  equal('records', await kafka.written(400), shouted(0, 400, '!'));
}

async function newReleaseHasTheNewJar() {
  const release = await json('job', 'release', 'shouter');
  equal(
    'pinned',
    release.artifacts.map((one) => `${one.name}@${one.version}`),
    ['kafka@1', 'shout@2'],
  );
  const diff = await server.api('GET', `/teams/${TEAM}/jobs/shouter/releases/2/diff`);
  equal(
    'changed jars',
    diff.artifacts.map((one) => [one.name, one.old?.version, one.new?.version]),
    [['shout', 1, 2]],
  );
  await cli('job', 'restart', 'shouter', '--release', '2', '--wait');
  await kafka.put(words(400, 450));
  equal('records', await kafka.written(450), [...shouted(0, 400, '!'), ...shouted(400, 450, '?')]);
  // The JobManager keeps each jar once, whatever the number of starts.
  const { rest } = await restAddress();
  const jars = (await (await fetch(`${rest}/jars`)).json()).files.map((one) => one.name);
  equal('jars on the JobManager', jars.length, new Set(jars).size);
  await cli('job', 'stop', 'shouter', '--wait');
}

async function restAddress() {
  const cluster = await server.api('GET', `/teams/${TEAM}/clusters/local`);
  return { rest: cluster.restUrl };
}

async function programGetsItsArguments() {
  await cli('artifact', 'upload', file('program.jar'), '--name', 'program');
  const told = file('told');
  const args = [told, 'run', ...ODD].flatMap((arg) => [`--arg=${arg}`]);
  await cli(
    'job',
    'create',
    'program',
    '--jar',
    'program',
    ...args,
    '--cluster',
    'local',
    '--config',
    'execution.checkpointing.interval=1 s',
  );
  await cli('job', 'release', 'program');
  await cli('job', 'start', 'program', '--wait');
  const lines = readFileSync(told, 'utf8').split('\n').slice(0, -1);
  equal(
    'arguments',
    lines.slice(2).map((line) => Buffer.from(line, 'base64').toString('utf8')),
    ODD,
  );
  await until('the program has a checkpoint', 60, async () => {
    const snapshots = (await server.api('GET', `/teams/${TEAM}/jobs/program/snapshots`)).items;
    const detail = await server.api('GET', `/teams/${TEAM}/jobs/program/checkpoints`);
    return snapshots.length > 0 || detail.completed > 0;
  });
  await cli('job', 'stop', 'program', '--wait');
  await cli('job', 'start', 'program', '--from', 'latest', '--wait');
  await cli('job', 'stop', 'program', '--mode', 'cancel', '--wait');
}

async function programThatThrowsSaysWhy() {
  await cli('job', 'edit', 'program', `--arg=${file('told')}`, '--arg=throw', '--entry-class', 'lab.Program');
  await cli('job', 'release', 'program');
  const failure = await refused(1, 'job', 'start', 'program', '--wait');
  says('a start whose main throws', failure, '--topic is missing in 2 arguments', 'lab.Program.main(');
}

/** What Flink shows of a job and of the processes that run it. */
async function shownByFlink(id) {
  const { rest } = await restAddress();
  const read = async (route) => (await fetch(`${rest}${route}`)).text();
  const { taskmanagers } = JSON.parse(await read('/taskmanagers'));
  const ofJob = ['', '/config', '/plan', '/exceptions', '/checkpoints', '/jobmanager/config', '/accumulators'].map(
    (end) => `/jobs/${id}${end}`,
  );
  const ofProcesses = taskmanagers.flatMap((one) => ['', '/log', '/stdout'].map((end) => `/taskmanagers/${one.id}${end}`));
  const routes = [...ofJob, ...ofProcesses, '/jobmanager/config', '/jobmanager/environment', '/jobmanager/log', '/jobmanager/stdout'];
  return Promise.all(routes.map(async (route) => [`Flink's ${route}`, await read(route)]));
}

/** What the platform shows of a job. */
function shownByServer(job) {
  const routes = ['', '/draft', '/releases/1', '/configuration', '/events', '/runs', '/logs', '/exceptions', '/graph'];
  const read = async (route) => [route, JSON.stringify(await server.api('GET', route))];
  return Promise.all([...routes.map((end) => `/teams/${TEAM}/jobs/${job}${end}`), `/teams/${TEAM}/variables`].map(read));
}

const [PASSWORD, SINK] = ['kafka.password', 'sink'].map((name) => `\${${name}}`);

/** A secret reaches the connector and the program; nobody shows it, and it is in no command line. */
async function secretsArriveUnseen() {
  const mark = 'S3cret-9041';
  const secret = `it's ${mark}`;
  await given(secret, 'variable', 'set', 'kafka.password', '--secret');
  await cli('variable', 'set', 'sink', '--value', 'nothing');
  const [head, tail] = readFileSync(file('shouter.sql'), 'utf8').split('CREATE TABLE shouts')[0].split("'scan.startup.mode'");
  const guarded = `${head}'properties.ssl.key.password' = '${PASSWORD}', 'scan.startup.mode'${tail}`;
  const sink = `CREATE TABLE \`${SINK}\` (word STRING) WITH ('connector' = 'blackhole');\nINSERT INTO \`${SINK}\` SELECT word FROM words;`;
  writeFileSync(file('guarded.sql'), `${guarded}${sink}\n`);
  await cli(
    'job',
    'create',
    'guarded',
    '--sql',
    file('guarded.sql'),
    '--cluster',
    'local',
    '--parallelism',
    '1',
    '--with',
    'kafka',
    '--with',
    'shout',
  );
  const args = [file('told-secret'), 'run', PASSWORD].map((arg) => `--arg=${arg}`);
  await cli('job', 'create', 'confidant', '--jar', 'program', '--entry-class', 'lab.Program', ...args, '--cluster', 'local');
  for (const job of ['guarded', 'confidant']) {
    await cli('job', 'release', job);
    await cli('job', 'start', job, '--wait');
  }
  const told = readFileSync(file('told-secret'), 'utf8').split('\n');
  equal('the argument', Buffer.from(told[2], 'base64').toString('utf8'), secret);
  const shown = [['the command lines', await run('ps', ['-eo', 'args'])]];
  for (const job of ['guarded', 'confidant']) {
    const { flinkJobId } = (await server.api('GET', `/teams/${TEAM}/jobs/${job}/runs`)).items[0];
    shown.push(...(await shownByFlink(flinkJobId)), ...(await shownByServer(job)));
  }
  const having = shown.filter(([, text]) => text.includes(mark)).map(([place]) => place);
  equal('places that show the secret', having, []);
  await cli('variable', 'set', 'sink', '--value', 'elsewhere');
  says('a job after the change of a variable', await cli('job', 'show', 'guarded'), 'sink', 'new release');
  for (const job of ['guarded', 'confidant']) await cli('job', 'stop', job, '--mode', 'cancel', '--wait');
}

/** The jars of a cluster's lib: changed while it runs, in use from its next start on, by jobs that do not name them. */
async function clusterHasItsJars() {
  await cli('cluster', 'jars', 'local', '--with', 'kafka', '--with', 'shout@1');
  const pending = await json('cluster', 'show', 'local');
  equal('what runs still', pending.runningJars, []);
  says('the change', await cli('cluster', 'jars', 'local'), 'takes effect at its next start');
  says('the delete of a jar of a cluster', await refused(4, 'artifact', 'delete', 'shout', '1'), "cluster 'local'");
  await cli('cluster', 'stop', 'local', '--wait');
  await cli('cluster', 'start', 'local', '--wait');
  equal('what runs now', (await json('cluster', 'show', 'local')).runningJars, undefined);
  const script = readFileSync(file('shouter.sql'), 'utf8').split('CREATE TABLE shouts')[0];
  const bounded = script.replace("'scan.startup.mode'", "'scan.bounded.mode' = 'latest-offset', 'scan.startup.mode'");
  const sink = `CREATE TABLE lines (word STRING) WITH ('connector' = 'filesystem', 'path' = 'file://${file('lines')}', 'format' = 'csv');`;
  writeFileSync(file('plain.sql'), `${bounded}${sink}\nINSERT INTO lines SELECT shout(word) FROM words;\n`);
  await cli('job', 'create', 'plain', '--sql', file('plain.sql'), '--cluster', 'local', '--parallelism', '1');
  const release = await json('job', 'release', 'plain');
  equal('jars of the job itself', release.artifacts, []);
  await cli('job', 'start', 'plain', '--wait');
  await until('the job has read all', 60, async () => (await server.api('GET', `/teams/${TEAM}/jobs/plain`)).status.label === 'finished');
  const files = readdirSync(file('lines')).filter((name) => !name.startsWith('.'));
  const lines = files.flatMap((name) =>
    readFileSync(path.join(file('lines'), name), 'utf8')
      .replaceAll('"', '')
      .split('\n')
      .filter(Boolean),
  );
  equal('lines', lines.sort(), shouted(0, 450, '!').sort());
}

/** A cluster by address as a file: its secrets are only named, and what is as the file says is left alone. */
async function clusterIsAFile() {
  const secret = 'hunter2 of the file';
  writeFileSync(file('far-password'), `${secret}\n`);
  const head = 'kind: Cluster\nname: far\ntarget: standalone\nrestUrl: http://127.0.0.1:1\n';
  writeFileSync(file('far.yaml'), `${head}connection:\n  user: ada\n  passwordFile: far-password\n`);
  const apply = (...more) => cli('apply', '-f', file('far.yaml'), ...more);
  says('the first apply', await apply(), 'Cluster far: created');
  says('the second', await apply(), 'Cluster far: unchanged');
  const shown = await cli('cluster', 'connection', 'far');
  says('the connection', shown, 'user ada (password kept)');
  const exported = await cli('export', '--all');
  says('the export', exported, 'passwordEnv: STREAMWRIGHT_SECRET_FAR_PASSWORD', '- kafka@1');
  if (`${shown}${exported}`.includes('hunter2')) throw new Error('a secret came out');
  writeFileSync(file('all.yaml'), exported);
  const again = await cli('apply', '-f', file('all.yaml'));
  says('what was exported', again, 'Cluster far: unchanged', 'Cluster local: unchanged');
  writeFileSync(file('far-password'), 'another one\n');
  says('another password', await apply(), 'connection.authentication', 'connection changed');
  const seen = await refused(1, 'cluster', 'connection', 'far', '--test');
  says('a try of an address where nobody is', seen, 'annot connect to http://127.0.0.1:1');
}

try {
  await step('a server, a cluster, Kafka and three jars', prepare);
  await step('the check has the jars on its class path, and says which are missing', checkedWithoutServer);
  await step('a release pins its jars', released);
  await step('the job reads Kafka, calls the function and writes Kafka', runs);
  await step('stopped, resumed: nothing is lost, and a new upload under the old name changes nothing', resumesWithWhatWasReleased);
  await step('the next release takes the new upload', newReleaseHasTheNewJar);
  await step('a program gets its arguments as they are, and goes on from its savepoint', programGetsItsArguments);
  await step('a program that throws says why', programThatThrowsSaysWhy);
  await step('secrets reach the connector and the program, and are shown nowhere', secretsArriveUnseen);
  await step("a cluster's own jars: from its next start on, for jobs that do not name them", clusterHasItsJars);
  await step('a cluster by address as a file', clusterIsAFile);
} catch (error) {
  story.failed += 1;
  console.error(`FAILED: ${error.stack ?? error}`);
  if (error.stderr) console.error(error.stderr);
  console.error(server.tail());
} finally {
  await server.stop().catch(() => {});
  await kafka.down().catch(() => {});
  await server.remove();
}
console.log(`jars-${options.flink}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
