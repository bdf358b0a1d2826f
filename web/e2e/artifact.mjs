// Artifacts through the console, on a real server and a real Chromium: upload by dialog and by dropping, a server that
// is killed in the middle, what is refused, versions, download, delete.
//
//   node web/e2e/artifact.mjs --binary FILE [--pictures DIR] [--failure FILE.png]
//
// Each step counts as one test. The first that fails ends the walk; what it saw is printed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Console } from './console.mjs';
import { pause, Server, until } from './server.mjs';
import { equal, step, story } from './story.mjs';

const { values: options } = parseArgs({
  options: { binary: { type: 'string' }, pictures: { type: 'string' }, failure: { type: 'string' } },
});
if (!options.binary) {
  console.error('usage: node web/e2e/artifact.mjs --binary FILE [--pictures DIR] [--failure FILE.png]');
  process.exit(2);
}

const TEAM = 'walk';
const server = new Server(options.binary);
let browser;

const artifacts = async (query = '') => (await server.api('GET', `/teams/${TEAM}/artifacts${query}`)).items;
const file = (name) => path.join(server.folder, name);

/** An archive of so many MiB that does not shrink. */
function archive(name, mib) {
  const text = `import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_STORED) as one:
    one.writestr("noise", os.urandom(${mib} << 20))`;
  execFileSync('python3', ['-c', text, file(name)]);
  return file(name);
}

async function prepare() {
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: TEAM });
  browser = await Console.open(server.url, options.pictures);
  await browser.signIn('admin', server.password);
  await browser.goto(`/teams/${TEAM}/artifacts`);
}

async function upload(chosen, name) {
  await browser.click('upload');
  await browser.page.locator('[data-testid="upload-dialog"] input[type=file]').setInputFiles(chosen);
  if (name) await browser.at('upload-name').fill(name);
  await browser.click('upload-confirm');
}

const newest = (state, limit = 60) => browser.has('uploading', 'state', state, limit);

async function byDialog() {
  writeFileSync(file('one.py'), 'print(1)\n');
  await upload(file('one.py'), 'job.py');
  await newest('done');
  await browser.page.locator('[data-testid="artifacts"] strong', { hasText: 'job.py' }).waitFor();
  const [made] = await artifacts();
  equal('artifact', `${made.name} ${made.version} ${made.kind} ${made.fileName}`, 'job.py 1 python_file one.py');
}

/** Every piece takes its time, so that there is a middle to be killed in. */
async function killedInTheMiddle() {
  const sent = archive('big.zip', 40);
  await browser.page.route('**/uploads/*', async (route) => {
    await pause(150);
    await route.continue().catch(() => undefined);
  });
  await upload(sent);
  await until('some of it has arrived', 60, async () => (await server.api('GET', `/teams/${TEAM}/uploads`)).items[0]?.offset > 0);
  await server.stop('SIGKILL');
  await newest('waiting');
  await browser.picture('upload-waiting');
  await server.start();
  await browser.page.locator('[data-testid="uploading"][data-state="done"]', { hasText: 'big.zip' }).waitFor({ timeout: 90_000 });
  await browser.page.unroute('**/uploads/*');
  const digest = createHash('sha256').update(readFileSync(sent)).digest('hex');
  equal('digest', (await artifacts('?name=big.zip'))[0]?.digest, digest);
}

async function cancelled() {
  await browser.page.route('**/uploads/*', async (route) => {
    await pause(300);
    await route.continue().catch(() => undefined);
  });
  await upload(archive('cancelled.zip', 40));
  await browser.click('upload-cancel');
  await newest('cancelled');
  await browser.page.unroute('**/uploads/*');
  await until('nothing is left', 30, async () => (await server.api('GET', `/teams/${TEAM}/uploads`)).items.length === 0);
}

async function refused() {
  writeFileSync(file('text.jar'), 'I am a jar, believe me');
  await upload(file('text.jar'));
  await newest('failed');
  await browser.page.locator('[data-testid="problem"]', { hasText: 'no jar but a text' }).waitFor();
  await browser.picture('upload-refused');
}

async function dropped() {
  const bytes = 'print(2)\n';
  const held = await browser.page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'job.py'));
    return transfer;
  }, bytes);
  const zone = browser.page.locator('section.drop-zone');
  for (const event of ['dragenter', 'dragover', 'drop']) await zone.dispatchEvent(event, { dataTransfer: held });
  await until('version 2 is there', 30, async () => (await artifacts('?name=job.py'))[0]?.version === 2);
}

async function versions() {
  await browser.page.locator('[data-testid="artifacts"] strong', { hasText: 'job.py' }).click();
  const rows = browser.page.locator('[data-testid="artifact-versions"] tbody tr.ant-table-row');
  await rows.nth(1).waitFor();
  equal('versions', await rows.count(), 2);
  await browser.picture('artifact-versions');
  const [loaded] = await Promise.all([
    browser.page.waitForEvent('download'),
    rows.nth(1).getByRole('link', { name: 'Download one.py' }).click(),
  ]);
  equal('name', loaded.suggestedFilename(), 'one.py');
  equal('content', readFileSync(await loaded.path(), 'utf8'), 'print(1)\n');
  await rows.nth(1).getByRole('button', { name: 'Delete version 1?' }).click();
  await browser.page.locator('.ant-popconfirm .ant-btn-dangerous').click();
  await until('version 1 is gone', 30, async () => (await artifacts('?name=job.py')).length === 1);
}

try {
  await step('sign in', prepare);
  await step('upload by the dialog', byDialog);
  await step('goes on after the server was killed', killedInTheMiddle);
  await step('cancel leaves nothing', cancelled);
  await step('a text called .jar is refused with the reason', refused);
  await step('drop a file: the next version', dropped);
  await step('versions, download, delete', versions);
  const real = browser.faults.filter((fault) => !fault.startsWith('50'));
  equal('faults of the page', real.join('\n'), '');
} catch (error) {
  story.failed += 1;
  console.error(`not ok: ${error.message}`);
  if (browser) {
    console.error(await browser.complaint());
    if (options.failure) await browser.page.screenshot({ path: options.failure }).catch(() => undefined);
  }
  console.error(server.tail());
} finally {
  await browser?.close();
  await server.remove();
}
console.log(`${story.passed} passed, ${story.failed} failed`);
process.exitCode = story.failed;
