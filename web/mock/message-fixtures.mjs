// @ts-check
// What happened at night in the mock API: who is told, what was said, the runs of a job and what was kept of their ends.
import { ago, id } from './fixtures.mjs';
import { exceptions } from './job-fixtures.mjs';

const ALL = /** @type {const} */ (['failed', 'ended_unknown', 'crash_loop', 'unreachable', 'no_checkpoint']);

/** @type {import('../app/api').Destination[]} */
export const destinations = [
  {
    id: id('destination', 1),
    name: 'on-call',
    address: { kind: 'webhook', host: 'hooks.slack.com', preset: 'slack' },
    rules: { enabled: true, recovered: true, trouble: [...ALL] },
    createdAt: ago(86_400 * 9),
  },
  {
    id: id('destination', 2),
    name: 'payments by mail',
    address: {
      kind: 'email',
      server: 'smtp.example.com',
      port: 587,
      security: 'starttls',
      username: 'flink',
      from: 'flink@example.com',
      to: ['payments-on-call@example.com', 'zoe@example.com'],
    },
    rules: { enabled: false, recovered: false, trouble: ['failed', 'crash_loop'] },
    createdAt: ago(86_400 * 2),
  },
];

const KILLED =
  "Its cluster's JobManager was killed (signal 9: by somebody, or by the kernel for want of memory), and the job with it. – Its restart policy starts it again.";

/** @param {number} number @param {string} subject @param {number} seconds @param {Partial<import('../app/api').Delivery>} [more] @returns {import('../app/api').Delivery} */
const delivery = (number, subject, seconds, more = {}) => ({
  id: id('delivery', number),
  destinationId: id('destination', 1),
  subject,
  text: `orders per minute is gone, and nobody knows how it ended (team demo, since 2026-11-22T23:54:21Z)\n  ${KILLED}\n  https://flink.example.com/teams/demo/jobs/${id('job', 1)}\n`,
  state: 'sent',
  tries: 1,
  createdAt: ago(seconds),
  sentAt: ago(seconds - 1),
  ...more,
});

/** @type {import('../app/api').Delivery[]} */
export const deliveries = [
  delivery(5, '[demo] 17 jobs are in trouble, 2 are well again', 40, {
    state: 'waiting',
    tries: 3,
    sentAt: undefined,
    nextAt: ago(-35),
    error: 'the receiver answered 503 Service Unavailable: upstream connect error or disconnect before headers',
  }),
  delivery(4, '[demo] orders per minute is well again', 5_000),
  delivery(3, '[demo] orders per minute is gone, and nobody knows how it ended', 5_100),
  delivery(2, '[demo] clicks sessionized fails again and again and is not restarted any more', 90_000, {
    destinationId: id('destination', 2),
    state: 'failed',
    tries: 12,
    sentAt: undefined,
    error: 'the mail server refused it: permanent error (535): 5.7.8 authentication failed',
  }),
];

/** @param {number} number @param {Partial<import('../app/api').Run>} more @returns {import('../app/api').Run} */
const run = (number, more) => ({
  id: id('run', number),
  flinkJobId: id('run', number).slice(4),
  releaseId: id('release', 2),
  releaseNumber: 2,
  clusterId: id('cluster', 1),
  operationId: id('operation', number),
  attempt: 1,
  cause: 'start',
  startedAt: ago(3_600),
  ...more,
});

/** @type {import('../app/api').Run[]} */
export const runs = [
  run(93, { attempt: 3, cause: 'restart', startedAt: ago(5_060), runningAt: ago(5_050) }),
  run(92, {
    attempt: 2,
    cause: 'restart',
    startedAt: ago(6_300),
    endedAt: ago(5_100),
    outcome: 'failed',
    source: 'job_manager_rest',
    reason: 'NumberFormatException: For input string: "12,5"',
    restorePath: 'file:/var/lib/streamwright/state/checkpoints/0190c0de/0190c0de000070008000000000000091/chk-218',
  }),
  run(91, {
    startedAt: ago(40_000),
    endedAt: ago(6_400),
    outcome: 'unknown',
    source: 'process_exit',
    reason: KILLED.split(' – ')[0],
  }),
  run(90, {
    releaseNumber: 1,
    startedAt: ago(90_000),
    endedAt: ago(41_000),
    outcome: 'stopped',
    source: 'job_manager_rest',
    reason: 'Stopped with a savepoint, as asked.',
  }),
];

/** @param {string} of @returns {import('../app/api').Evidence | undefined} */
export function evidenceOf(of) {
  const found = runs.find((one) => one.id === of && one.endedAt);
  if (!found || found.outcome === 'stopped') return undefined;
  return {
    runId: found.id,
    reason: found.reason ?? '',
    collectedAt: found.endedAt ?? ago(0),
    exceptions: found.outcome === 'failed' ? exceptions.map((one) => ({ ...one, keptOf: found.id })) : [],
    logs: [
      { process: 'jobmanager', name: 'jobmanager.log', sizeBytes: 182_331, source: 'kept', previous: false, grows: false },
      { process: 'taskmanager-1', name: 'taskmanager-1.log', sizeBytes: 99_101, source: 'kept', previous: false, grows: false },
    ],
    ...(found.outcome === 'unknown' ? { missing: 'Its exceptions could not be read: the JobManager did not answer any more.' } : {}),
  };
}
