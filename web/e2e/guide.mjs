// Runs the commands of guides as a reader would, on a real server with a real Flink, and compares what they print.
//
//   node web/e2e/guide.mjs --binary FILE --home FLINK_HOME --connector JAR --kafka FOLDER-OF-JARS docs/guides/NAME.md…
//
// What is in a guide, from its top to its end, in a folder of its own:
//   a block behind a line with nothing but a file's name in backticks and a colon is written to that file;
//   a `sh` block is run and must succeed;
//   a `console` block has lines `$ command`, each with what it prints (both outputs) below; `…` stands for any text, alone
//   on a line for any lines or none, a line `(exit code 1)` for a command that does not succeed;
//   <!-- run: COMMAND -->       is run unseen;
//   <!-- let NAME: COMMAND -->  NAME stands for what it prints from there on;
//   <!-- needs: cluster -->     there is a session cluster `local`;
//   <!-- needs: kubernetes -->  the guide is left out unless the lab is up (--lab), and is the only kind that runs then. LAB_NODE
//                               and the other words of `lab/kubernetes.sh facts` are in the environment.
// LINK, DIR and http://127.0.0.1:8088 stand for the server's link, its data folder and its address. In the environment are
// FLINK_HOME, LAB (the folder lab), CONNECTOR (Kafka's connector), KAFKA (a broker's jars) and HOOK (a webhook that takes all).
// Commands about the files of a server that does not run are left to crates/server/tests/guides.rs.
// All guides share a server, its team `main` and the cluster `local`; what a guide leaves of jobs is removed before the
// next. Each guide whose text has no LINK is signed in. Each block and command counts as one test.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { facts } from './lab.mjs';
import { Server } from './server.mjs';

const { values: options, positionals: guides } = parseArgs({
  options: {
    binary: { type: 'string' },
    home: { type: 'string' },
    connector: { type: 'string' },
    kafka: { type: 'string' },
    lab: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (!options.binary || !options.home || guides.length === 0) {
  console.error('usage: node web/e2e/guide.mjs --binary FILE --home FLINK_HOME [--connector JAR --kafka FOLDER] GUIDE…');
  process.exit(2);
}

const LAB = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../lab');
/** Commands that crates/server/tests/guides.rs runs. */
const ELSEWHERE = /^streamwright (settings|migrate|backup|restore|move-database|doctor)\b/;

/** The steps of a guide's text: files to write, scripts to run, commands with what they print. */
export function steps(text) {
  const found = [];
  const lines = text.split('\n');
  let file;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    const fence = /^```(\w*)$/.exec(line);
    const hidden = /^<!-- (?:run|let (?<name>[A-Z]+)): (?<script>.*) -->$/.exec(line)?.groups;
    if (hidden) found.push({ line: index + 1, ...hidden });
    if (line === '<!-- needs: cluster -->') found.push({ line: index + 1, script: CLUSTER });
    if (!fence) {
      if (line.trim() !== '') file = /^`([\w./-]+)`:$/.exec(line)?.[1];
      continue;
    }
    const end = lines.indexOf('```', index + 1);
    if (end < 0) throw new Error(`line ${index + 1}: the block has no end`);
    const block = lines.slice(index + 1, end);
    const at = index + 2;
    const script = block.filter((one) => !ELSEWHERE.test(one)).join('\n');
    if (file) found.push({ line: at, file, content: `${block.join('\n')}\n` });
    else if (fence[1] === 'sh' && script) found.push({ line: at, script });
    else if (fence[1] === 'console') found.push(...commands(block, at));
    file = undefined;
    index = end;
  }
  return found;
}

const CLUSTER = 'streamwright cluster list | grep -q "^local " || streamwright cluster create local --flink 2.2.1 --slots 4 --wait';

function commands(block, at) {
  const found = [];
  block.forEach((line, index) => {
    if (line.startsWith('$ ')) found.push({ line: at + index, script: line.slice(2), prints: [] });
    else if (found.length > 0) found.at(-1).prints.push(line);
    else throw new Error(`line ${at + index}: a console block begins with a command`);
  });
  return found;
}

/** Whether a text is as the guide has it, where `…` stands for anything, and a line of it for any number of lines. */
function fits(printed, wanted) {
  const literal = (part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = wanted.split('\n').map((line) => (line === '…' ? '(?:[^]*\n)??' : `${line.split('…').map(literal).join('[^]*?')}\n`));
  return new RegExp(`^${lines.join('')}$`).test(`${printed}\n`);
}

/** What the lab says of itself, with its kubectl on a path. */
function kubernetes(PATH) {
  const words = facts();
  return { ...words, PATH: `${path.join(path.dirname(words.KUBECONFIG), 'bin')}:${PATH}` };
}

/** A webhook that takes everything. */
async function webhook() {
  const hook = createServer((request, answer) => request.resume().on('end', () => answer.end('ok')));
  await new Promise((resolve) => hook.listen(0, '127.0.0.1', resolve));
  return hook;
}

class Reader {
  constructor(server, hook) {
    this.server = server;
    this.words = {};
    const bin = path.join(server.folder, 'bin');
    mkdirSync(bin);
    symlinkSync(path.resolve(options.binary), path.join(bin, 'streamwright'));
    this.environment = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: server.folder,
      TMPDIR: server.folder,
      LANG: 'C.UTF-8',
      LAB,
      FLINK_HOME: options.home,
      CONNECTOR: path.resolve(options.connector ?? ''),
      KAFKA: path.resolve(options.kafka ?? ''),
      HOOK: `http://127.0.0.1:${hook.address().port}/hook`,
    };
    if (options.lab) Object.assign(this.environment, kubernetes(this.environment.PATH));
    if (process.env.JAVA_HOME) this.environment.JAVA_HOME = process.env.JAVA_HOME;
  }

  /** Begins a guide. */
  open(guide) {
    this.folder = path.join(this.server.folder, path.basename(guide, '.md'));
    this.words = { LINK: this.server.link, DIR: this.server.data };
    mkdirSync(this.folder);
  }

  here(text) {
    const real = text.replaceAll('http://127.0.0.1:8088', this.server.url);
    return real.replace(/\b[A-Z]{3,}\b/g, (word) => this.words[word] ?? word);
  }

  /** Runs a script; answers both outputs in the order in which they come, and the exit code. */
  shell(script) {
    return new Promise((resolve) => {
      const args = ['-c', `exec 2>&1; set -euo pipefail; ${script}`];
      const limits = { cwd: this.folder, env: this.environment, timeout: 180_000, maxBuffer: 1 << 24 };
      execFile('bash', args, limits, (error, output) =>
        resolve({ output: output.trimEnd(), code: error ? (error.code ?? error.signal) : 0 }),
      );
    });
  }

  async run(step) {
    if (step.file) {
      const file = path.join(this.folder, step.file);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.here(step.content));
      return;
    }
    const done = await this.shell(this.here(step.script));
    if (step.name && done.code === 0) this.words[step.name] = done.output;
    const code = done.code === 0 ? '' : `(exit code ${done.code})`;
    const printed = [done.output, code].filter(Boolean).join('\n').replaceAll(this.server.url, 'http://127.0.0.1:8088');
    const wanted = step.prints?.join('\n').trimEnd();
    const well = wanted === undefined ? code === '' : fits(printed, wanted);
    if (!well) throw new Error(`${step.script}\nprinted\n${printed}\n${wanted === undefined ? '' : `instead of\n${wanted}`}`);
  }

  /** Removes the jobs that a guide has left. */
  async clear() {
    for (const job of (await this.server.api('GET', '/teams/main/jobs?limit=500')).items) {
      const name = `'${job.id}'`;
      await this.shell(`streamwright job stop ${name} --mode cancel --wait || true; streamwright job delete ${name} --wait`);
    }
  }
}

let passed = 0;
let failed = 0;

async function follow(guide, reader) {
  const text = readFileSync(guide, 'utf8');
  if (text.includes('<!-- needs: kubernetes -->') !== options.lab) {
    console.log(`${guide}: left out: it is run with${options.lab ? 'out' : ''} --lab (make test-lab)`);
    return;
  }
  const all = steps(text);
  if (!all.some((step) => step.script)) {
    console.log(`${guide}: no commands`);
    return;
  }
  try {
    reader.open(guide);
    if (!/\bLINK\b/.test(text)) {
      await reader.run({ script: `streamwright login --server ${reader.server.url} --password-file ../password --team main` });
    }
    for (const step of all) {
      const start = Date.now();
      await reader.run(step);
      passed += 1;
      console.log(`ok ${guide}:${step.line} ${(step.file ?? step.script).split('\n')[0]} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${guide}: ${error.message}\n--- server\n${reader.server.tail()}`);
  }
  await reader.clear();
}

const server = new Server(options.binary);
const hook = await webhook();
try {
  server.env = { ...server.env, STREAMWRIGHT_ALLOW_INSIDE: '127.0.0.1' };
  await server.command('flink', 'add', options.home, '--data', server.data);
  server.link = await server.firstLink();
  await server.start();
  await server.signIn();
  await server.api('POST', '/teams', { name: 'main' });
  const reader = new Reader(server, hook);
  for (const guide of guides) await follow(guide, reader);
} catch (error) {
  failed += 1;
  console.log(`FAILED: ${error.stack}\n--- server\n${server.tail()}`);
} finally {
  await server.remove();
  hook.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
