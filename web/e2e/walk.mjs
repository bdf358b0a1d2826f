// The walk of a new user through the console, on a real server with a real Flink and a real Chromium:
// sign in → write SQL with an error → see it marked → mend it → release → start → RUNNING → savepoint → stop with
// savepoint → change the SQL → start from that savepoint → RUNNING with restored state.
//
//   node web/e2e/walk.mjs --binary FILE --flink VERSION --home FLINK_HOME [--database URL] [--pictures DIR] [--failure FILE.png]
//
// Each step counts as one test. The first that fails ends the walk; what it saw is printed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Console } from './console.mjs';
import { Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    flink: { type: 'string' },
    home: { type: 'string' },
    database: { type: 'string' },
    pictures: { type: 'string' },
    failure: { type: 'string' },
  },
});
if (!options.binary || !options.flink || !options.home) {
  console.error('usage: node web/e2e/walk.mjs --binary FILE --flink VERSION --home FLINK_HOME [--pictures DIR]');
  process.exit(2);
}

const TEAM = 'walk';
const script = (
  word,
  column,
) => `CREATE TABLE events (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20', 'fields.k.min' = '1', 'fields.k.max' = '9');
CREATE TABLE results (word STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT '${word}', COUNT(${column}) FROM events;
`;

const server = new Server(options.binary, options.database);
let browser;

const job = () => server.api('GET', `/teams/${TEAM}/jobs/counter`);
const snapshots = async () => (await server.api('GET', `/teams/${TEAM}/jobs/counter/snapshots`)).items;

/** What the sink has printed: the counts of a word, in order. */
async function counts(word) {
  const files = (await server.api('GET', `/teams/${TEAM}/jobs/counter/logs`)).items;
  const out = files.find((file) => file.process !== 'jobmanager' && file.name.endsWith('.out'));
  if (!out) return [];
  const query = new URLSearchParams({ process: out.process, file: out.name, bytes: '1000000' });
  const { text } = await server.api('GET', `/teams/${TEAM}/jobs/counter/logs/tail?${query}`);
  return [...text.matchAll(/\+[IU]\[(\w+), (\d+)\]/g)].filter((line) => line[1] === word).map((line) => Number(line[2]));
}

async function prepare() {
  await server.command('flink', 'add', options.home, '--data', server.data);
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  browser = await Console.open(server.url, options.pictures);
}

async function clusterRuns() {
  const cluster = { name: 'local', target: 'local', flinkVersion: options.flink, taskManagers: 1, slots: 2 };
  await server.api('POST', `/teams/${TEAM}/clusters`, cluster);
  await browser.goto(`/teams/${TEAM}/clusters`);
  await browser.click('cluster-start');
  await browser.has('cluster-label', 'label', 'running', 120);
  await browser.picture('clusters');
}

async function faultIsMarked() {
  await browser.goto(`/teams/${TEAM}/jobs`);
  await browser.click('new-job');
  await browser.page.locator('[data-testid="new-job-dialog"] #name').fill('counter');
  await browser.click('new-job-confirm');
  await browser.at('editor').waitFor();
  await browser.write(script('first', 'kk'));
  await browser.has('check-state', 'state', 'findings', 60);
  await browser.page.locator('.cm-lintRange-error').first().waitFor();
  const errors = browser.page.locator('[data-testid="problem-row"][data-severity="error"]');
  equal('errors', await errors.count(), 1);
  equal('line', await errors.getAttribute('data-line'), '3');
  await browser.picture('editor-error');
}

async function faultIsMended() {
  await browser.write(script('first', 'k'));
  await browser.has('check-state', 'errors', '0', 60);
  equal('marks', await browser.page.locator('.cm-lintRange-error').count(), 0);
}

async function release(note) {
  await browser.click('release');
  await browser.at('release-note').first().waitFor();
  await browser.page
    .locator('textarea[data-testid="release-note"], input[data-testid="release-note"], [data-testid="release-note"] textarea')
    .first()
    .fill(note);
  await browser.click('release-confirm');
  await browser.at('release-dialog').first().waitFor({ state: 'hidden' });
}

async function starts() {
  await browser.click('start');
  await browser.click('start-confirm');
  await browser.label('running', 120);
  await browser.click('tab-overview');
  await browser.at('vertices').first().waitFor();
  await until('rows are counted', 60, async () => (await counts('first')).length > 20);
  await browser.picture('job-running');
}

async function takesSavepoint() {
  await browser.click('job-menu');
  await browser.click('menu-savepoint');
  await browser.click('savepoint-confirm');
  await browser.click('tab-checkpoints');
  await browser.has('snapshot-state', 'state', 'complete', 60);
  const [taken] = await snapshots();
  equal('snapshot', taken.state, 'complete');
  equal('label', (await job()).status.label, 'running');
}

async function stopsWithSavepoint() {
  await browser.click('stop');
  await browser.click('stop-savepoint');
  await browser.click('stop-confirm');
  await browser.label('stopped', 120);
  await until('two savepoints are complete', 30, async () => (await snapshots()).filter((one) => one.state === 'complete').length === 2);
  await browser.picture('job-stopped');
}

async function sqlChanges() {
  await browser.click('tab-sql');
  await browser.at('editor').waitFor();
  await browser.write(script('second', 'k'));
  await browser.has('check-state', 'errors', '0', 60);
  await release('count on under another word');
  await until('there is a second release', 30, async () => (await job()).releaseNumber === 2);
}

async function startsFromSavepoint() {
  const [last] = await snapshots();
  const before = (await counts('first')).at(-1);
  await browser.click('tab-checkpoints');
  await browser.click('start-from');
  await browser.picture('start-dialog');
  await browser.click('start-confirm');
  await browser.label('running', 120);
  const now = await job();
  equal('release that runs', now.run.releaseNumber, 2);
  equal('path', now.run.restorePath, last.path);
  const restored = await until(
    'Flink says what it restored',
    30,
    async () => (await server.api('GET', `/teams/${TEAM}/jobs/counter/checkpoints`)).restoredFrom,
  );
  equal('restored from', path.basename(restored), path.basename(last.path));
  // Nothing lost and nothing twice: the first count of the second run follows the last of the first one.
  const after = await until('rows are counted on', 60, async () => (await counts('second'))[0]);
  equal('first count after the restore', after, before + 1);
  await browser.picture('job-restored');
}

async function timelineTellsIt() {
  await browser.click('tab-timeline');
  await browser.at('operation').first().waitFor();
  const kinds = await browser.at('operation').evaluateAll((cards) => cards.map((card) => `${card.dataset.kind} ${card.dataset.state}`));
  equal('operations', kinds.join(', '), 'start succeeded, stop succeeded, savepoint succeeded, start succeeded');
  await browser.picture('timeline');
}

async function survivesRestart() {
  await server.stop('SIGKILL');
  await server.start();
  await until('the run is still the same', 60, async () => (await job()).status.label === 'running');
  await browser.page.reload();
  await browser.label('running', 60);
  const jobs = await server.api('GET', `/teams/${TEAM}/jobs/counter/runs`);
  equal('runs', jobs.items.length, 2);
}

async function endsClean() {
  await server.done(TEAM, await server.api('POST', `/teams/${TEAM}/jobs/counter/stop`, { mode: 'cancel' }), 60);
  await browser.label('stopped', 60);
  await server.done(TEAM, await server.api('DELETE', `/teams/${TEAM}/jobs/counter`), 60);
  await server.done(TEAM, await server.api('POST', `/teams/${TEAM}/clusters/local/stop`), 60);
  equal('faults in the browser', browser.faults.join('; '), '');
  await browser.close();
  browser = undefined;
  await server.stop();
  equal('processes left', (await server.remove()).length, 0);
}

const STEPS = [
  ['the server starts on an empty folder', prepare],
  ['a person signs in', () => browser.signIn('admin', server.password)],
  ['a local cluster starts', clusterRuns],
  ['a fault in the SQL is marked at its place', faultIsMarked],
  ['mended SQL is clean', faultIsMended],
  ['the draft is released', () => release('the first one')],
  ['the job starts and runs', starts],
  ['a savepoint is taken while it runs', takesSavepoint],
  ['it stops with a savepoint', stopsWithSavepoint],
  ['changed SQL is released', sqlChanges],
  ['it starts from the savepoint and counts on', startsFromSavepoint],
  ['the timeline tells all of it', timelineTellsIt],
  ['a killed server finds cluster and job again', survivesRestart],
  ['everything ends and nothing is left', endsClean],
];

async function tell(name, error) {
  console.log(`not ok ${name}\n${error.stack}`);
  if (browser) {
    console.log(await browser.complaint());
    if (options.failure) {
      const file = options.failure;
      await browser.page.screenshot().then(
        (picture) => writeFileSync(file, picture),
        () => undefined,
      );
      console.log(`picture: ${file}`);
    }
  }
  console.log(`--- the server's log\n${server.tail()}`);
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
await browser?.close();
if (story.failed > 0) await server.remove();
console.log(`walk-${options.flink}: ${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
