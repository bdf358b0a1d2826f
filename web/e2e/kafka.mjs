// A real Kafka for end-to-end runs, and a job that reads words from it, shouts them and writes them back.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const LAB = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../lab');

/** Runs a program; answers its standard output, or throws with all that it said. */
export async function run(program, args, { input = '', ...options } = {}) {
  const child = promisify(execFile)(program, args, { maxBuffer: 1 << 24, ...options });
  // A program may end before it has read what it does not want.
  child.child.stdin.on('error', () => {});
  child.child.stdin.end(input);
  return (await child).stdout;
}

/** Compiles a class of the lab into a jar. */
export const jar = (name, home, file, change = '') => run(path.join(LAB, 'jars/build.sh'), [name, home, file, change]);

export const words = (from, to) => Array.from({ length: to - from }, (_, n) => `word${from + n}`);
export const shouted = (from, to, mark = '!') => words(from, to).map((word) => `${word.toUpperCase()}${mark}`);

export class Kafka {
  /** A broker in a folder of its own, from a folder with its jars. */
  constructor(folder, jars) {
    this.folder = folder;
    this.jars = path.resolve(jars);
  }

  say(verb, args, options) {
    return run(path.join(LAB, 'kafka.sh'), [verb, this.folder, ...args], options);
  }

  /** Starts it at an address of this machine, by default on loopback. */
  async up(host = '127.0.0.1') {
    this.bootstrap = (await this.say('up', [this.jars, host])).trim().split('=')[1];
    await Promise.all([this.say('topic', ['words', '2']), this.say('topic', ['shouts'])]);
  }

  down() {
    return this.say('down', []);
  }

  put(lines) {
    return this.say('put', ['words'], { input: `${lines.join('\n')}\n` });
  }

  /** The first `count` records that the job wrote, in order of their numbers: where one comes twice, another is missing. */
  async written(count) {
    const lines = (await this.say('get', ['shouts', `${count}`])).split('\n').filter((line) => line.startsWith('WORD'));
    const number = (line) => Number(line.replace(/\D/g, ''));
    return lines.sort((a, b) => number(a) - number(b));
  }

  /** The job's script, without its settings: the connector and the function come from jars. */
  script() {
    const table = (name, more) =>
      `CREATE TABLE ${name} (word STRING) WITH ('connector' = 'kafka', 'topic' = '${name}', 'properties.bootstrap.servers' = '${this.bootstrap}', 'format' = 'raw', ${more});`;
    return [
      "CREATE TEMPORARY FUNCTION shout AS 'lab.Shout';",
      table('words', "'properties.group.id' = 'shouter', 'scan.startup.mode' = 'earliest-offset'"),
      table(
        'shouts',
        "'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'shouter', 'properties.transaction.timeout.ms' = '600000'",
      ),
      'INSERT INTO shouts SELECT shout(word) FROM words;',
    ];
  }
}
