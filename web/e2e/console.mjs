// The console in Debian's Chromium: the words of a walk, on top of playwright-core.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  // As root its sandbox cannot start; /dev/shm may be tiny; nothing but loopback is reached.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
];

// Said of Flink, not of the server: Flink itself may answer badly about a job that is just ending.
const OF_FLINK = [502, 504];

export class Console {
  static async open(url, pictures) {
    if (pictures) mkdirSync(pictures, { recursive: true });
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ARGUMENTS });
    return Console.of(browser, url, pictures);
  }

  /** Another person at the same browser, with cookies of their own. */
  another() {
    return Console.of(this.browser, this.url, this.pictures);
  }

  static async of(browser, url, pictures) {
    const self = new Console();
    self.browser = browser;
    self.url = url;
    self.pictures = pictures;
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' });
    await context.addInitScript(() => {
      localStorage.setItem('streamwright.language', 'en');
      localStorage.setItem('streamwright.theme', localStorage.getItem('streamwright.theme') ?? 'light');
    });
    self.page = await context.newPage();
    self.page.setDefaultTimeout(30_000);
    self.faults = [];
    self.page.on('pageerror', (error) => self.faults.push(`page error: ${error.message}`));
    self.page.on('response', (answer) => {
      const status = answer.status();
      if (status >= 500 && !OF_FLINK.includes(status)) self.faults.push(`${status} ${answer.url()}`);
    });
    return self;
  }

  at(id) {
    return this.page.locator(`[data-testid="${id}"]`);
  }

  async goto(address) {
    await this.page.goto(this.url + address);
  }

  async click(id) {
    await this.at(id).first().click();
  }

  async picture(name) {
    if (this.pictures) await this.page.screenshot({ path: path.join(this.pictures, `${name}.png`) });
  }

  /** Waits until an element has an attribute's value. */
  async has(id, attribute, value, limit = 30) {
    await this.page
      .locator(`[data-testid="${id}"][data-${attribute}="${value}"]`)
      .first()
      .waitFor({ state: 'attached', timeout: limit * 1000 });
  }

  async label(word, limit) {
    await this.has('job-label', 'label', word, limit);
  }

  /** Replaces the text of the editor. */
  async write(sql) {
    await this.page.locator('[data-testid="editor"] .cm-content').click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(sql);
  }

  async signIn(name, password) {
    await this.goto('/sign-in');
    await this.page.locator('[data-testid="sign-in"] #name').fill(name);
    await this.page.locator('[data-testid="sign-in"] #password').fill(password);
    await this.page.locator('[data-testid="sign-in"] button[type="submit"]').click();
    await this.at('user-menu').first().waitFor();
  }

  /** What a person would see of a failure. */
  async complaint() {
    const problems = await this.at('problem')
      .allInnerTexts()
      .catch(() => []);
    const sentence = await this.at('job-sentence')
      .allInnerTexts()
      .catch(() => []);
    return [`at ${this.page.url()}`, ...sentence, ...problems, ...this.faults].join('\n');
  }

  async close() {
    await this.browser.close();
  }
}
