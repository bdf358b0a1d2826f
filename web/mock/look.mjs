// @ts-check
// Takes pictures of every page against the mock: node mock/look.mjs OUT [part of a page's name …]
// LOOK=dark,zh,narrow chooses how; without it: light, English, 1280 wide.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { id } from './fixtures.mjs';
import { startMock } from './server.mjs';

const [out = 'pictures', ...wanted] = process.argv.slice(2);
const how = new Set((process.env.LOOK ?? '').split(','));
const tag = ['dark', 'zh', 'narrow'].filter((one) => how.has(one)).join('-') || 'plain';
mkdirSync(out, { recursive: true });

const team = '/teams/demo';
/** @param {number} n @param {string} rest */
const job = (n, rest) => `${team}/jobs/${id('job', n)}/${rest}`;
/** @typedef {import('playwright-core').Page} Page */
/** @type {Record<string, [string, ((page: Page) => Promise<void>)?]>} */
const PAGES = {
  jobs: [`${team}/jobs`],
  'jobs-none': [`${team}/jobs?search=nothing-like-it`],
  'new-job': [`${team}/jobs?dialog=new`],
  'new-job-own': [
    `${team}/jobs?dialog=new`,
    async (page) => {
      await page.getByTestId('place-choice').click();
      await page.locator('.ant-select-item-option', { hasText: 'flink-production' }).click();
    },
  ],
  'job-overview': [job(1, 'overview')],
  'job-starting': [job(4, 'overview')],
  'job-failed': [job(5, 'overview')],
  'job-menu': [job(1, 'overview'), (page) => page.getByTestId('job-menu').click()],
  'job-sql': [job(1, 'sql')],
  'job-sql-places': [job(1, 'sql'), (page) => page.getByTestId('place-choice').click()],
  'job-sql-own': [job(10, 'sql')],
  'job-sql-own-versions': [
    job(10, 'sql'),
    async (page) => {
      await page.locator('#flink-version').click();
      await page.keyboard.press('ArrowDown');
    },
  ],
  'job-sql-no-target': [
    job(1, 'sql'),
    async (page) => {
      await page.route('**/api/v1/teams/*/targets', (route) => route.fulfill({ json: { items: [] } }));
      await page.reload();
      await page.getByTestId('place-choice').waitFor();
    },
  ],
  'job-program-own': [job(11, 'sql')],
  'job-templates': [job(11, 'sql'), (page) => page.getByTestId('templates-open').click()],
  'job-templates-refused': [
    job(11, 'sql'),
    async (page) => {
      const field = 'jobManagerTemplate';
      const detail = "Line 9, column 7: the name 'jars' stands twice in 'volumes'.";
      const json = {
        type: '/problems/bad_template',
        title: 'The request does not make sense',
        status: 422,
        code: 'bad_template',
        field,
        detail,
      };
      await page.route('**/draft', (route) =>
        route.request().method() === 'PUT'
          ? route.fulfill({ status: 422, json, contentType: 'application/problem+json' })
          : route.fallback(),
      );
      await page.getByTestId('jar-uri').fill('local:///mnt/jars/settlement/settlement-2.4.2.jar');
      await page.keyboard.press('Control+s');
      await page.locator('[data-testid=pod-templates] .ant-form-item-explain').waitFor();
      await page.getByTestId('templates-open').click();
    },
  ],
  'history-own': [job(10, 'sql?revision=2')],
  'job-own': [job(10, 'overview')],
  'job-own-ended': [job(11, 'overview')],
  'job-own-runs': [job(11, `runs?run=${id('run', 92)}`)],
  'job-sql-errors': [
    job(6, 'sql'),
    async (page) => {
      await page.locator('.cm-content').click();
      await page.keyboard.press('Control+End');
      await page.keyboard.insertText('SELECT * FORM orders;\nSELECT pruduct FROM orders;\n');
      await page.locator('[data-testid=check-state][data-state=findings]').waitFor();
    },
  ],
  conflict: [
    job(7, 'sql'),
    async (page) => {
      await page.locator('.cm-content').click();
      await page.keyboard.press('Control+End');
      await page.keyboard.insertText('-- mine\n');
      await page.evaluate((address) => fetch(address, { method: 'POST' }), `/api/v1${team}/jobs/${id('job', 7)}/mock-save`);
      await page.locator('[data-testid=draft-state][data-state=conflict]').waitFor();
      await page.getByTestId('conflict-open').click();
      await page.getByTestId('conflict-keep').waitFor();
    },
  ],
  history: [job(3, 'sql?revision=2')],
  'history-list': [job(3, 'sql'), (page) => page.getByTestId('history').click()],
  'job-timeline': [job(1, 'timeline')],
  'job-runs': [job(1, `runs?run=${id('run', 92)}`)],
  'job-runs-lost': [job(1, `runs?run=${id('run', 91)}`)],
  'job-runs-stopped': [job(1, `runs?run=${id('run', 90)}`)],
  'job-checkpoints': [job(1, 'checkpoints')],
  'job-exceptions': [job(5, 'exceptions')],
  'job-logs': [job(1, 'logs')],
  'job-logs-find': [job(1, 'logs?find=checkpoint 21')],
  'job-configuration': [job(1, 'configuration')],
  'job-releases': [job(1, 'releases')],
  'job-releases-own': [
    job(11, 'releases?objects=3'),
    async (page) => {
      await page.locator('.manifest-list button').nth(3).click();
      await page.locator('.yaml-view .cm-content').waitFor();
    },
  ],
  'job-releases-own-compare': [
    job(11, 'releases?objects=3'),
    async (page) => {
      await page.getByTestId('manifests').locator('.ant-segmented-item').last().click();
    },
  ],
  'job-releases-sides': [job(1, 'releases'), (page) => page.locator('.ant-segmented-item').last().click()],
  start: [job(6, 'overview?dialog=start')],
  'start-chosen': [
    job(6, `checkpoints?dialog=start&snapshot=${id('snapshot', 2)}`),
    (page) => page.locator('.ant-collapse-header').click(),
  ],
  stop: [job(1, 'overview?dialog=stop')],
  replace: [job(1, 'overview?dialog=replace')],
  savepoint: [job(1, 'overview?dialog=savepoint'), (page) => page.getByTestId('savepoint-confirm').click()],
  delete: [job(6, 'overview?dialog=delete')],
  release: [job(6, 'sql?dialog=release')],
  clusters: [`${team}/clusters`],
  'new-cluster': [`${team}/clusters?dialog=new`],
  cluster: [`${team}/clusters/${id('cluster', 1)}`],
  'cluster-kubernetes': [`${team}/clusters/${id('cluster', 4)}`],
  'cluster-own': [`${team}/clusters/${id('cluster', 5)}`],
  'cluster-gone': [`${team}/clusters/${id('cluster', 6)}`],
  'new-cluster-kubernetes': [
    `${team}/clusters?dialog=new`,
    async (page) => {
      await page.locator('.ant-segmented-item').nth(1).click();
      await page.getByTestId('target-choice').click();
      await page.locator('.ant-select-item-option').first().click();
    },
  ],
  'cluster-taken-up': [`${team}/clusters/${id('cluster', 7)}`],
  'cluster-take-up': [
    `${team}/clusters?dialog=new`,
    async (page) => {
      await page.locator('.ant-segmented-item').nth(1).click();
      await page.getByTestId('target-choice').click();
      await page.locator('.ant-select-item-option').first().click();
      await page.getByTestId('cluster-made').locator('.ant-segmented-item').last().click();
      await page.getByTestId('deployment-choice').click();
    },
  ],
  'cluster-standalone': [`${team}/clusters/${id('cluster', 3)}`],
  'cluster-connection': [
    `${team}/clusters/${id('cluster', 3)}?dialog=connection`,
    async (page) => {
      await page.getByTestId('connection-test').click();
      await page.getByTestId('connection-seen').waitFor();
    },
  ],
  'cluster-jars': [`${team}/clusters/${id('cluster', 1)}?dialog=jars`],
  'cluster-adopt': [`${team}/clusters/${id('cluster', 1)}?dialog=adopt&of=5f2c1d0e9b8a47f6a1b2c3d4e5f60718`],
  'cluster-adopt-choice': [
    `${team}/clusters/${id('cluster', 1)}?dialog=adopt&of=5f2c1d0e9b8a47f6a1b2c3d4e5f60718`,
    (page) => page.getByTestId('adopt-job').click(),
  ],
  'new-cluster-standalone': [
    `${team}/clusters?dialog=new`,
    async (page) => {
      await page.locator('.ant-segmented-item').last().click();
      await page.locator('#restUrl').fill('https://flink.example:8081');
      await page.locator('.ant-collapse-header').click();
      await page.getByTestId('connection-kind').locator('.ant-segmented-item').last().click();
      await page.getByTestId('connection-test').click();
      await page.getByTestId('connection-seen').waitFor();
    },
  ],
  'cluster-unreachable': [`${team}/clusters/${id('cluster', 3)}`],
  artifacts: [`${team}/artifacts`],
  'artifact-versions': [`${team}/artifacts`, (page) => page.getByText('flink-sql-connector-kafka.jar').click()],
  'artifact-upload': [`${team}/artifacts?dialog=upload`],
  'artifact-refused': [
    `${team}/artifacts?dialog=upload`,
    async (page) => {
      await page
        .locator('input[type=file]')
        .last()
        .setInputFiles({ name: 'evil.jar', mimeType: 'application/java-archive', buffer: Buffer.from('x') });
      await page.getByTestId('upload-confirm').click();
      await page.locator('[data-testid=uploading][data-state=failed]').waitFor();
    },
  ],
  variables: [`${team}/variables`],
  'variable-new': [`${team}/variables?dialog=new`],
  'variable-secret': [`${team}/variables?dialog=edit&of=kafka.password`],
  'variable-needs': [
    `${team}/variables?dialog=edit&of=kafka.brokers`,
    async (page) => {
      await page.getByTestId('variable-confirm').click();
      await page.getByTestId('variable-needing').waitFor();
    },
  ],
  messages: [`${team}/messages`, (page) => page.locator('.ant-table-row-expand-icon').nth(2).click()],
  'messages-test': [`${team}/messages`, (page) => page.getByTestId('test-on-call').click()],
  'new-destination': [`${team}/messages`, (page) => page.getByTestId('destination-create').click()],
  'new-mail': [
    `${team}/messages`,
    async (page) => {
      await page.getByTestId('destination-create').click();
      await page.locator('[data-testid="destination-dialog"] input[value="email"]').click();
    },
  ],
  members: [`${team}/members`],
  invite: [`${team}/members?dialog=invite`],
  'invite-done': [`${team}/members?dialog=invite`, (page) => page.getByTestId('invite-confirm').click()],
  'team-audit': [`${team}/members?tab=audit`, (page) => page.locator('.ant-table-row-expand-icon').first().click()],
  invitation: ['/invitation#token=x9mR2kq7fB0xYtVw3LhC8dE5sJ1nA6uPz9mR2kq7fB0'],
  users: ['/administration'],
  'new-user': ['/administration?dialog=user'],
  teams: ['/administration?tab=teams'],
  audit: ['/administration?tab=audit'],
  grant: [`/flink-versions?dialog=grant&of=${id('flink', 1)}`],
  versions: ['/flink-versions'],
  targets: ['/targets'],
  'targets-none': [
    '/targets',
    async (page) => {
      await page.route('**/api/v1/targets', (route) => route.fulfill({ json: { items: [] } }));
      await page.reload();
      await page.locator('.beginning').waitFor();
    },
  ],
  'target-new': ['/targets?dialog=new'],
  'target-edit': [
    `/targets?dialog=edit&of=${id('target', 1)}`,
    async (page) => {
      for (const part of await page.getByTestId('target-more').locator('.ant-collapse-header').all()) await part.click();
      await page.getByTestId('target-more').scrollIntoViewIfNeeded();
      await page.locator('.ant-drawer-body').evaluate((body) => body.scrollTo(0, body.scrollHeight));
    },
  ],
  'target-edit-refused': [
    `/targets?dialog=edit&of=${id('target', 1)}`,
    async (page) => {
      await page.getByTestId('target-confirm').click();
      await page.getByTestId('problem').waitFor();
    },
  ],
  'target-try': [
    `/targets?dialog=edit&of=${id('target', 1)}`,
    async (page) => {
      await page.getByTestId('target-try').click();
      await page.getByTestId('target-report').scrollIntoViewIfNeeded();
    },
  ],
  'target-test': [`/targets?dialog=test&of=${id('target', 1)}`],
  'target-untested': [`/targets?dialog=test&of=${id('target', 4)}`],
  'target-grant': [`/targets?dialog=grant&of=${id('target', 1)}`],
  'target-remove': [
    '/targets',
    async (page) => {
      await page.getByTestId('targets').locator('button:has-text("Delete"), button:has-text("删除")').first().click();
      await page.locator('.ant-popconfirm-buttons .ant-btn-primary').click();
    },
  ],
  install: ['/flink-versions?dialog=install'],
  account: ['/account'],
  token: ['/account', (page) => page.getByTestId('token-create').click()],
  keys: [`${team}/jobs`, (page) => page.keyboard.press('?')],
  'user-menu': [`${team}/jobs`, (page) => page.getByTestId('user-menu').click()],
  missing: [job(77, 'overview')],
};

const mock = await startMock(0);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
});
const context = await browser.newContext({
  viewport: how.has('narrow') ? { width: 800, height: 900 } : { width: 1280, height: 800 },
  baseURL: mock.url,
  reducedMotion: 'reduce',
});
await context.addInitScript(
  ([language, theme]) => {
    localStorage.setItem('streamwright.language', language ?? 'en');
    localStorage.setItem('streamwright.theme', theme ?? 'light');
  },
  [how.has('zh') ? 'zh' : 'en', how.has('dark') ? 'dark' : 'light'],
);
let bad = 0;
try {
  const first = await context.newPage();
  await first.goto('/sign-in');
  if (wanted.length === 0 || wanted.includes('sign-in')) await first.screenshot({ path: path.join(out, `${tag}-sign-in.png`) });
  await first.evaluate(() => fetch('/api/v1/sign-in', { method: 'POST', body: '{}' }));
  await first.close();
  for (const [name, [address, act]] of Object.entries(PAGES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') console.log(`${name}: ${message.text().slice(0, 300)}`);
    });
    page.on('pageerror', (error) => {
      bad++;
      console.log(`${name}: ${error.message}`);
    });
    await page.goto(address);
    await page
      .locator('h1')
      .first()
      .waitFor({ timeout: 10_000 })
      .catch(() => undefined);
    await page.waitForTimeout(600);
    await act?.(page).catch((error) => console.log(`${name}: ${error}`));
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(out, `${tag}-${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await mock.stop();
}
process.exitCode = bad > 0 ? 1 : 0;
