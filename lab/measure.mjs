// What is measured and how it is told, for the benches: times, CPU, memory, and one JSON line per figure.
import { readdirSync, readFileSync } from 'node:fs';

export const say = (text) => process.stderr.write(`    ${text}\n`);

/** Now, in milliseconds since some moment. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** The figures told so far. */
export const figures = [];

/** Tells a figure: `{figure, value, unit, budget, ratio, today}`; one without a budget has no ratio. */
export function report(figure, value, unit, budget, today) {
  const line = { figure, value: Number(value.toFixed(2)), unit };
  if (budget !== undefined) Object.assign(line, { budget: Number(budget.toFixed(2)), ratio: Number((value / budget).toFixed(3)) });
  if (today !== undefined) line.today = Number(today.toFixed(2));
  figures.push(line);
  console.log(JSON.stringify(line));
}

export async function times(count, call) {
  const values = [];
  for (let index = 0; index < count; index += 1) values.push(await call(index));
  return values;
}

/** Resident memory of a server, in MiB. */
export const rss = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;

/**
 * The CPU time that a server has used, in milliseconds, by thread. `utime` and `stime` count in steps of 10 ms, which is as much as
 * a submission takes; `schedstat` counts nanoseconds.
 */
export function cpu(server) {
  const tasks = `/proc/${server.child.pid}/task`;
  const used = new Map();
  for (const task of readdirSync(tasks)) {
    try {
      used.set(task, Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6);
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error; // it has ended meanwhile
    }
  }
  return used;
}

/** What of it was used since a reading. */
export function cpuSince(server, before) {
  let sum = 0;
  for (const [task, used] of cpu(server)) sum += used - (before.get(task) ?? 0);
  return sum;
}

/** What must be ended when a part breaks off. */
const open = [];

export function atEnd(end) {
  open.push(end);
}

let ended = Promise.resolve();

/** Ends the last first, one after the other also when a signal comes while a part ends. */
function endAll() {
  ended = ended.then(async () => {
    for (let end = open.pop(); end; end = open.pop()) {
      try {
        await end();
      } catch (error) {
        say(`left behind: ${error.message}`);
      }
    }
  });
  return ended;
}

/** Runs the parts one by one; whatever happens, each leaves nothing behind. */
export async function run(parts, names = Object.keys(parts)) {
  for (const name of names) if (!parts[name]) throw new Error(`no part is called '${name}': ${Object.keys(parts).join(', ')}`);
  const breakOff = (why) => {
    say(`broken off: ${why.stack ?? why}`);
    endAll().then(() => process.exit(1));
  };
  for (const cause of ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException']) process.on(cause, breakOff);
  for (const name of names) {
    say(name);
    try {
      await parts[name]();
    } finally {
      await endAll();
    }
  }
}
