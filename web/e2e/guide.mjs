// Runs the commands of a guide as a reader would, on a real server with a real Flink, and compares what they print.
//
//   node web/e2e/guide.mjs --binary FILE --home FLINK_HOME docs/guides/NAME.md…
//
// What is in a guide, from its top to its end, in one folder:
//   a block behind a line with nothing but a file's name in backticks and a colon is written to that file;
//   a `sh` block is run and must succeed;
//   a `console` block has lines `$ command`, each with what it prints (both outputs) below; `…` stands for any text, a
//   line `(exit code 1)` for a command that does not succeed. What a comment `<!-- run: COMMAND -->` says is run unseen.
// LINK, DIR and http://127.0.0.1:8088 stand for the server's link, its data folder and its address.
// Each guide has a server of its own, and each block and command counts as one test.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Server } from './server.mjs';

const { values: options, positionals: guides } = parseArgs({
  options: { binary: { type: 'string' }, home: { type: 'string' } },
  allowPositionals: true,
});
if (!options.binary || !options.home || guides.length === 0) {
  console.error('usage: node web/e2e/guide.mjs --binary FILE --home FLINK_HOME GUIDE…');
  process.exit(2);
}

/** The steps of a guide's text: files to write, scripts to run, commands with what they print. */
export function steps(text) {
  const found = [];
  const lines = text.split('\n');
  let file;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    const fence = /^```(\w*)$/.exec(line);
    const hidden = /^<!-- run: (.*) -->$/.exec(line);
    if (hidden) found.push({ line: index + 1, script: hidden[1] });
    if (!fence) {
      if (line.trim() !== '') file = /^`([\w./-]+)`:$/.exec(line)?.[1];
      continue;
    }
    const end = lines.indexOf('```', index + 1);
    if (end < 0) throw new Error(`line ${index + 1}: the block has no end`);
    const block = lines.slice(index + 1, end);
    const at = index + 2;
    if (file) found.push({ line: at, file, content: `${block.join('\n')}\n` });
    else if (fence[1] === 'sh') found.push({ line: at, script: block.join('\n') });
    else if (fence[1] === 'console') found.push(...commands(block, at));
    file = undefined;
    index = end;
  }
  return found;
}

function commands(block, at) {
  const found = [];
  block.forEach((line, index) => {
    if (line.startsWith('$ ')) found.push({ line: at + index, script: line.slice(2), prints: [] });
    else if (found.length > 0) found.at(-1).prints.push(line);
    else throw new Error(`line ${at + index}: a console block begins with a command`);
  });
  return found;
}

/** Whether a text is as the guide has it, where `…` stands for anything. */
function fits(printed, wanted) {
  const literal = (part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${wanted.split('…').map(literal).join('[^]*?')}$`).test(printed);
}

class Reader {
  constructor(guide, server) {
    this.guide = guide;
    this.server = server;
    this.folder = path.join(server.folder, 'work');
    const bin = path.join(server.folder, 'bin');
    mkdirSync(this.folder);
    mkdirSync(bin);
    symlinkSync(path.resolve(options.binary), path.join(bin, 'streamwright'));
    this.environment = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: server.folder,
      TMPDIR: server.folder,
      LANG: 'C.UTF-8',
    };
  }

  here(text) {
    const real = text.replaceAll('http://127.0.0.1:8088', this.server.url);
    return real.replace(/\bLINK\b/g, this.server.link ?? 'LINK').replace(/\bDIR\b/g, this.server.data);
  }

  run(step) {
    if (step.file) {
      const file = path.join(this.folder, step.file);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.here(step.content));
      return;
    }
    // Both outputs in the order in which they come.
    const done = spawnSync('bash', ['-c', `exec 2>&1; set -euo pipefail; ${this.here(step.script)}`], {
      cwd: this.folder,
      env: this.environment,
      encoding: 'utf8',
      timeout: 180_000,
    });
    const code = done.status === 0 ? '' : `(exit code ${done.status ?? done.signal})`;
    const printed = [done.stdout.trimEnd(), code].filter(Boolean).join('\n').replaceAll(this.server.url, 'http://127.0.0.1:8088');
    const wanted = step.prints?.join('\n').trimEnd();
    const well = wanted === undefined ? code === '' : fits(printed, wanted);
    if (!well) throw new Error(`${step.script}\nprinted\n${printed}\n${wanted === undefined ? '' : `instead of\n${wanted}`}`);
  }
}

let passed = 0;
let failed = 0;

async function follow(guide) {
  const all = steps(readFileSync(guide, 'utf8'));
  if (!all.some((step) => step.script)) {
    console.log(`${guide}: no commands`);
    return;
  }
  const server = new Server(options.binary);
  try {
    await server.command('flink', 'add', options.home, '--data', server.data);
    server.link = await server.firstLink();
    await server.start();
    await server.signIn();
    await server.api('POST', '/teams', { name: 'main' });
    const reader = new Reader(guide, server);
    for (const step of all) {
      const start = Date.now();
      reader.run(step);
      passed += 1;
      console.log(`ok ${guide}:${step.line} ${(step.file ?? step.script).split('\n')[0]} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${guide}: ${error.message}\n--- server\n${server.tail()}`);
  } finally {
    await server.remove();
  }
}

for (const guide of guides) await follow(guide);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
