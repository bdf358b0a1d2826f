// A team and its night, on the real things: PostgreSQL, Kafka, Flink, a browser and a terminal. An administrator makes
// two teams and invites; a developer brings a Kafka job with a function of their own from files into production; an
// operator stops and resumes it; the other team sees nothing of it; the job's JobManager is killed, and whoever is to
// know gets one message with the cause and one when it is well again. No word is lost, and none comes twice.
//
//   node web/e2e/night.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER-OF-JARS
//                          [--database URL] [--pictures DIR] [--failure FILE.png]
//
// Each step counts as one test. The first that fails ends the night; what it saw is printed.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Console } from './console.mjs';
import { jar, Kafka, run, shouted, words } from './kafka.mjs';
import { Receivers } from './receivers.mjs';
import { Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const NEEDED = ['binary', 'flink', 'home', 'connector', 'kafka'];
const { values: options } = parseArgs({
  options: Object.fromEntries([...NEEDED, 'database', 'pictures', 'failure'].map((name) => [name, { type: 'string' }])),
});
if (NEEDED.some((name) => !options[name])) {
  console.error('usage: node web/e2e/night.mjs --binary FILE --flink VERSION --home FLINK_HOME --connector JAR --kafka FOLDER');
  process.exit(2);
}

const [TEAM, OTHER] = ['payments', 'logistics'];
/** Who takes part, where, and as what. */
const PEOPLE = { tina: [TEAM, 'Team admin'], dora: [TEAM, 'Developer'], omar: [TEAM, 'Operator'], otto: [OTHER, 'Team admin'] };

const server = new Server(options.binary, options.database, { STREAMWRIGHT_ALLOW_INSIDE: '127.0.0.1' });
const file = (...names) => path.join(server.folder, ...names);
const kafka = new Kafka(file('kafka'), options.kafka);
const receivers = new Receivers();
/** The browser of each person. */
const at = {};
let shown;

const password = (name) => `a password of ${name}`;

/** A person at a terminal: what they are signed in to is kept in a folder of their own. */
function cli(name, ...args) {
  const env = { ...process.env, HOME: file(name), XDG_CONFIG_HOME: file(name, 'config') };
  return run(options.binary, args, { cwd: file(name), env });
}

async function refused(name, ...args) {
  const said = await cli(name, ...args).then(
    (said) => ({ code: 0, said }),
    (error) => ({ code: error.code, said: `${error.stdout}${error.stderr}` }),
  );
  equal(`${args.join(' ')} of ${name}: ${said.said}`, said.code, 4);
}

const api = (rest) => server.api('GET', `/teams/${TEAM}${rest}`);
const job = () => api('/jobs/orders');

async function prepare() {
  // One file of settings for the server and for the commands beside it.
  const settings = [`data = "${server.data}"`, ...(options.database ? [`database = "${options.database}"`] : [])];
  writeFileSync(file('streamwright.toml'), `${settings.join('\n')}\n`);
  await run(options.binary, ['flink', 'add', options.home, '--config', file('streamwright.toml')]);
  await Promise.all([server.start(), kafka.up(), receivers.start(), jar('Shout', options.home, file('shout.jar'))]);
  await server.signIn();
  shown = at.admin = await Console.open(server.url, options.pictures);
  await at.admin.signIn('admin', server.password);
}

async function makeTeam(name) {
  await at.admin.goto('/administration?tab=teams');
  await at.admin.click('create-team');
  await at.admin.page.locator('.ant-modal #name').fill(name);
  await at.admin.click('team-confirm');
  await at.admin.page.locator('.ant-modal').waitFor({ state: 'hidden' });
}

async function invite(name) {
  const [team, role] = PEOPLE[name];
  await at.admin.goto(`/teams/${team}/members`);
  await at.admin.click('invite');
  await at.admin.page.locator('.ant-modal #role').click();
  await at.admin.page.locator('.ant-select-item-option', { hasText: role }).first().click();
  await at.admin.page.locator('.ant-modal #note').fill(name);
  await at.admin.click('invite-confirm');
  const link = await at.admin.at('secret').first().textContent();
  await at.admin.click('invite-confirm');
  return link;
}

async function joinBy(name, link) {
  const person = await at.admin.another();
  at[name] = shown = person;
  await person.page.goto(link);
  await person.page.locator('[data-testid="accept"] #name').fill(name);
  await person.page.locator('[data-testid="accept"] #password').fill(password(name));
  await person.page.locator('[data-testid="accept"] #again').fill(password(name));
  await person.page.locator('[data-testid="accept"] button[type="submit"]').click();
  await person.at('user-menu').first().waitFor();
  mkdirSync(file(name));
  writeFileSync(file(name, 'password'), password(name), { mode: 0o600 });
  await cli(name, 'login', '--server', server.url, '--name', name, '--password-file', 'password');
}

async function peopleJoin() {
  await makeTeam(TEAM);
  await makeTeam(OTHER);
  for (const name of Object.keys(PEOPLE)) await joinBy(name, await invite(name));
}

async function add(person, name, fill) {
  await person.click('destination-create');
  const dialog = person.at('destination-dialog');
  await dialog.locator('#name').fill(name);
  await fill(dialog);
  await person.click('destination-confirm');
  await dialog.waitFor({ state: 'hidden' });
}

const webhook = (to) => (dialog) => dialog.locator('#url').fill(`${receivers.url}/${to}`);

async function mail(dialog) {
  await dialog.getByText('E-mail').click();
  await dialog.locator('#server').fill('127.0.0.1');
  await dialog.locator('#port').fill(`${receivers.mailPort}`);
  await dialog.locator('#security').click();
  await dialog.page().locator('.ant-select-item-option', { hasText: 'NONE' }).click();
  await dialog.locator('#from').fill('flink@example.com');
  await dialog.locator('#to').fill('tina@example.com');
  await dialog.locator('#to').press('Enter');
}

async function destinations() {
  shown = at.tina;
  await at.tina.click('nav-messages');
  await add(at.tina, 'on-call', webhook('payments/secret'));
  await add(at.tina, 'mail', mail);
  await at.tina.click('test-on-call');
  await until('the test came', 20, () => receivers.hooks.length === 1);
  await at.tina.click('test-mail');
  await until('the mailed test came', 20, () => receivers.mails.length === 1);
  await at.tina.picture('destinations');
  shown = at.otto;
  await at.otto.click('nav-messages');
  await add(at.otto, 'theirs', webhook('logistics/secret'));
}

function writeFiles() {
  const folder = file('dora', 'orders');
  mkdirSync(folder);
  copyFileSync(options.connector, path.join(folder, 'kafka.jar'));
  copyFileSync(file('shout.jar'), path.join(folder, 'shout.jar'));
  writeFileSync(path.join(folder, 'orders.sql'), `${kafka.script().join('\n')}\n`);
  writeFileSync(
    path.join(folder, 'orders.yaml'),
    `kind: Artifact
name: kafka
file: kafka.jar
---
kind: Cluster
name: prod
target: local
flink: ${options.flink}
slots: 2
running: true
---
kind: Job
name: orders
cluster: prod
parallelism: 1
jars: [kafka, 'file:shout.jar']
config:
  execution.checkpointing.interval: 1 s
sqlFile: orders.sql
running: true
`,
  );
}

async function goesIntoProduction() {
  writeFiles();
  await cli('dora', 'apply', '-f', 'orders', '--wait');
  await cli('dora', 'job', 'restart-policy', 'orders', '--when', 'failed-or-lost', '--initial-delay', '1');
  equal('applied again', (await cli('dora', 'apply', '-f', 'orders')).trim().split('\n').slice(-2), [
    'Cluster prod: unchanged',
    'Job orders: unchanged',
  ]);
  await kafka.put(words(0, 200));
  equal('words', await kafka.written(200), shouted(0, 200));
}

async function stopsAndResumes() {
  shown = at.omar;
  await at.omar.goto(`/teams/${TEAM}/jobs/orders`);
  await at.omar.label('running');
  await at.omar.click('stop');
  await at.omar.click('stop-confirm');
  await at.omar.label('stopped', 60);
  await kafka.put(words(200, 300));
  await at.omar.click('start');
  await at.omar.click('start-confirm');
  await at.omar.label('running', 60);
  const [now, before] = (await api('/jobs/orders/runs')).items;
  equal('the first run', before.outcome, 'stopped');
  const savepoint = (await api('/jobs/orders/snapshots')).items.find((one) => one.kind === 'savepoint');
  equal('it goes on from', now.restorePath, savepoint.path);
  equal('words', await kafka.written(300), shouted(0, 300));
  equal('messages of our own stop', [receivers.hooks.length, receivers.mails.length], [1, 1]);
}

/** Every address below the team that can be read, with real ids where there are some. */
async function addresses() {
  const names = { team: TEAM, job: 'orders', cluster: 'prod', artifact: 'kafka' };
  const [{ id: run }] = (await api('/jobs/orders/runs')).items;
  const known = { ...names, run, release: 1, revision: 1, operation: (await api('/jobs/orders/operations')).items[0].id };
  const document = await server.api('GET', '/openapi.json');
  return Object.entries(document.paths)
    .filter(([address, verbs]) => address.includes('{team}') && verbs.get)
    .map(([address]) => address.replace(/\{(\w+)\}/g, (_, name) => known[name] ?? 'x'));
}

async function otherTeamSeesNothing() {
  shown = at.otto;
  const { page } = at.otto;
  const answer = page.waitForResponse((answer) => answer.url().includes(`/api/v1/teams/${OTHER}/jobs`));
  await at.otto.goto(`/teams/${OTHER}/jobs`);
  equal('jobs of the other team', (await (await answer).json()).items, []);
  for (const rest of ['jobs', 'jobs/orders', 'jobs/orders/logs', 'clusters/prod', 'artifacts', 'messages', 'members']) {
    await at.otto.goto(`/teams/${TEAM}/${rest}`);
    await at.otto.at('problem').first().waitFor();
    const text = await page.locator('body').textContent();
    if (/shout|WORD|taskmanager|dora|on-call/.test(text)) throw new Error(`${rest} shows ${text}`);
  }
  const all = await addresses();
  equal('addresses enough', all.length > 30, true);
  const statuses = await page.evaluate((all) => Promise.all(all.map(async (address) => [address, (await fetch(address)).status])), all);
  equal(
    'what is not 404',
    statuses.filter(([, status]) => status !== 404),
    [],
  );
  equal('jobs', JSON.parse(await cli('otto', 'job', 'list', '-o', 'json')).items, []);
  await refused('otto', 'job', 'show', 'orders');
  await refused('otto', 'job', 'list', '--team', TEAM);
  await refused('otto', 'job', 'stop', 'orders', '--team', TEAM);
  await refused('otto', 'apply', '-f', file('dora', 'orders'), '--team', TEAM);
}

/** Counts the changes that a person's browser is told of, until it is asked for the number. */
function listens(person) {
  return person.page.evaluateHandle(() => {
    const heard = { changes: 0, hello: 0 };
    const stream = new EventSource('/api/v1/changes');
    stream.addEventListener('hello', () => {
      heard.hello += 1;
    });
    stream.addEventListener('change', () => {
      heard.changes += 1;
    });
    return heard;
  });
}

/** The process of the JobManager, by the note of its holder. */
function jobManager() {
  const [cluster] = readdirSync(path.join(server.data, 'clusters'));
  return Number(readFileSync(path.join(server.data, 'clusters', cluster, 'jobmanager/pid'), 'utf8').split(' ')[0]);
}

const tells = (what) => (message) => message.body.incidents[0]?.what === what;

async function jobManagerIsKilled() {
  const [theirs, ours] = [await listens(at.otto), await listens(at.omar)];
  await until('both listen', 20, async () => (await theirs.evaluate((it) => it.hello)) + (await ours.evaluate((it) => it.hello)) === 2);
  await kafka.put(words(300, 400));
  process.kill(jobManager(), 'SIGKILL');
  const told = await until('the message came', 60, () => receivers.hooks.find(tells('ended_unknown')));
  const { subject, incidents, team } = told.body;
  equal('it says', [subject, team, incidents.length], ['[payments] orders is gone, and nobody knows how it ended', TEAM, 1]);
  const { cause } = incidents[0];
  if (!/JobManager was killed \(signal 9.*Its restart policy starts it again/.test(cause)) throw new Error(`the cause: ${cause}`);
  await until('it runs again', 120, async () => {
    const { run, status } = await job();
    return run.attempt === 2 && status.label === 'running';
  });
  equal('whose changes the other team hears', await theirs.evaluate((it) => it.changes), 0);
  equal('and our own does', (await ours.evaluate((it) => it.changes)) > 0, true);
}

async function noWordIsLost() {
  await kafka.put(words(400, 500));
  equal('words', await kafka.written(500), shouted(0, 500));
  const [, dead] = (await api('/jobs/orders/runs')).items;
  equal('how it ended', [dead.outcome, dead.source], ['unknown', 'process_exit']);
}

async function evidenceIsReadable() {
  const said = await cli('omar', 'job', 'evidence', 'orders');
  for (const word of ['ended: ', 'was killed (signal 9', 'log        jobmanager', 'log        taskmanager-1']) {
    if (!said.includes(word)) throw new Error(`'${word}' is not in ${said}`);
  }
  const log = await cli('omar', 'job', 'evidence', 'orders', '--log', 'jobmanager');
  if (!log.includes('Completed checkpoint')) throw new Error(`the log's end: ${log.slice(-500)}`);
  shown = at.omar;
  await at.omar.goto(`/teams/${TEAM}/jobs/orders/runs`);
  const dead = at.omar.page.locator('[data-testid="run"][data-outcome="unknown"]').first();
  await dead.click();
  await at.omar.page.locator('[data-testid="run-evidence"]', { hasText: 'was killed (signal 9' }).waitFor();
  await at.omar.page.locator('[data-testid="log"]', { hasText: 'Completed checkpoint' }).first().waitFor();
  await at.omar.picture('evidence');
}

async function itIsWellAgain() {
  const told = await until('it was told', 150, () => receivers.hooks.find(tells('recovered')));
  equal('it says', told.body.subject, '[payments] orders is well again');
  await until('it was mailed', 30, () => receivers.mails.length === 3);
  equal(
    'messages',
    receivers.hooks.map((one) => `${one.path} ${one.body.incidents[0]?.what ?? 'test'}`),
    ['/payments/secret test', '/payments/secret ended_unknown', '/payments/secret recovered'],
  );
  const subjects = receivers.mails.map((text) => /^Subject: (.*)$/m.exec(text)[1]);
  equal('mails', subjects.slice(1), ['[payments] orders is gone, and nobody knows how it ended', '[payments] orders is well again']);
  shown = at.tina;
  await at.tina.goto(`/teams/${TEAM}/messages`);
  const rows = at.tina.at('deliveries').locator('.ant-table-row', { hasText: '[payments] orders' });
  await rows.nth(3).waitFor();
  equal('on the page', await rows.count(), 4);
  await at.tina.picture('messages');
}

async function endsClean() {
  await cli('omar', 'job', 'stop', 'orders', '--mode', 'cancel', '--wait');
  await cli('dora', 'job', 'delete', 'orders', '--wait');
  await cli('omar', 'cluster', 'stop', 'prod', '--wait');
  for (const [name, person] of Object.entries(at)) equal(`faults in the browser of ${name}`, person.faults, []);
  await at.admin.close();
  await kafka.down();
  await receivers.stop();
  await server.stop();
  equal('processes left', await server.remove(), []);
}

const STEPS = [
  ['an administrator starts a server, and signs in', prepare],
  ['two teams are made, and their people join by links', peopleJoin],
  ['whom to tell is set, and a test is sent', destinations],
  ['a developer brings a Kafka job with a function from files into production', goesIntoProduction],
  ['an operator stops it with a savepoint and resumes it', stopsAndResumes],
  ['the other team sees nothing of it', otherTeamSeesNothing],
  ['its JobManager is killed: one message tells the cause, and the policy starts it again', jobManagerIsKilled],
  ['no word is lost, and none comes twice', noWordIsLost],
  ['what was kept of the dead run is readable', evidenceIsReadable],
  ['one message says that it is well again, and nobody else was told', itIsWellAgain],
  ['everything ends and nothing is left', endsClean],
];

async function tell(name, error) {
  console.log(`not ok ${name}\n${error.stack}\n${error.stderr ?? ''}`);
  if (shown) {
    console.log(await shown.complaint());
    if (options.failure) {
      const picture = await shown.page.screenshot().catch(() => undefined);
      if (picture) writeFileSync(options.failure, picture);
      console.log(`picture: ${options.failure}`);
    }
  }
  console.log(`--- messages\n${JSON.stringify(receivers.hooks)}\n--- the server's log\n${server.tail()}`);
}

for (const [name, walk] of STEPS) {
  try {
    await step(name, walk);
  } catch (error) {
    story.failed += 1;
    await tell(name, error);
    break;
  }
}
if (story.failed > 0) {
  await at.admin?.close();
  await kafka.down().catch(() => undefined);
  await receivers.stop();
  await server.remove();
}
console.log(`night-${options.flink}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
