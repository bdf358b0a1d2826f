// @ts-check
// What belongs to one job in the mock API: script, releases, operations, snapshots, figures, logs.
import { ago, id, other, person } from './fixtures.mjs';

export const SQL = `-- Orders, counted per minute and product
CREATE TEMPORARY TABLE orders (
  order_id BIGINT,
  product  STRING,
  amount   DECIMAL(10, 2),
  ts       TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '50'
);

CREATE TEMPORARY TABLE counts (
  window_start TIMESTAMP_LTZ(3),
  product      STRING,
  orders       BIGINT,
  revenue      DECIMAL(38, 2)
) WITH ('connector' = 'blackhole');

INSERT INTO counts
SELECT window_start, product, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, product;
`;

/** @type {import('../app/api').JobSpec} */
export const spec = {
  sql: SQL,
  args: [],
  jars: [{ name: 'flink-sql-connector-kafka', version: 2 }, { name: 'shop-functions' }],
  clusterId: id('cluster', 1),
  mode: 'session',
  parallelism: 2,
  configuration: { 'execution.checkpointing.interval': '30 s', 'table.exec.state.ttl': '1 h' },
};

/** @param {number} number @param {string} note @param {number} seconds @returns {import('../app/api').ReleaseSummary} */
const release = (number, note, seconds) => ({
  id: id('release', number),
  number,
  draftRevision: number + 1,
  clusterId: id('cluster', 1),
  flinkVersion: '2.2.1',
  digest: `9f2c${number}1b7d0a4e5c6b8f9a0d1e2c3b4a5968778695a4b3c2d1e0f9a8b7c6d5e4f`,
  errors: number === 1 ? 2 : 0,
  warnings: 0,
  overridden: number === 1,
  note,
  createdBy: number === 2 ? other : person,
  createdAt: ago(seconds),
});

export const releases = [
  release(3, 'Revenue per product, too', 1300),
  release(2, 'Windows of one minute instead of ten seconds, because the dashboard cannot show more', 86_400),
  release(1, '', 86_400 * 2),
];

/** @param {string} text @param {number} index @returns {import('../app/api').DiffLine[]} */
function diffLine(text, index) {
  const line = index + 1;
  if (line === 16) return [{ tag: 'insert', newLine: line, text }];
  if (line !== 20) return [{ tag: 'equal', oldLine: line > 16 ? line - 1 : line, newLine: line, text }];
  return [
    { tag: 'delete', oldLine: 19, text: 'SELECT window_start, product, COUNT(*)' },
    { tag: 'insert', newLine: line, text },
  ];
}

/** What the jars of a release are. @type {import('../app/api').PinnedArtifact[]} */
export const artifacts = [
  { name: 'flink-sql-connector-kafka', version: 2, fileName: 'flink-sql-connector-kafka-5.0.0-2.2.jar', digest: '0d1e2f3a'.repeat(8) },
  { name: 'shop-functions', version: 4, fileName: 'shop-functions-1.3.jar', digest: '9f8e7d6c'.repeat(8) },
];

/** @type {import('../app/api').ReleaseDiff} */
export const diff = {
  old: 2,
  new: 3,
  sql: SQL.split('\n').flatMap(diffLine),
  configuration: [
    { key: 'table.exec.state.ttl', new: '1 h' },
    { key: 'execution.checkpointing.interval', old: '60 s', new: '30 s' },
  ],
  artifacts: [
    {
      name: 'shop-functions',
      old: { name: 'shop-functions', version: 3, fileName: 'shop-functions-1.2.jar', digest: 'a1b2c3d4'.repeat(8) },
      new: { name: 'shop-functions', version: 4, fileName: 'shop-functions-1.3.jar', digest: '9f8e7d6c'.repeat(8) },
    },
  ],
  other: [
    { field: 'clusterId', old: id('cluster', 1) },
    { field: 'targetId', new: id('target', 1) },
    { field: 'flinkVersion', old: '2.2.1', new: '1.20.5' },
    { field: 'mode', old: 'session', new: 'application' },
    { field: 'parallelism', old: '1', new: '2' },
  ],
};

/** @type {import('../app/api').Operation[]} */
export const operations = [
  {
    id: id('operation', 4),
    kind: 'savepoint',
    state: 'failed',
    jobId: id('job', 1),
    runId: id('run', 1),
    request: {},
    steps: [{ name: 'savepoint', startedAt: ago(700), endedAt: ago(640), detail: 'Triggered as 0190c0de…; Flink answered FAILED.' }],
    error: {
      code: 'savepoint_failed',
      message: 'java.io.IOException: Mkdirs failed to create file:/data/savepoints/job_01/operation_04 (Permission denied)',
      hint: 'Give the user that runs the TaskManagers the right to write to /data/savepoints, then take the savepoint again. The job still runs.',
    },
    requestedBy: other,
    createdAt: ago(701),
    deadlineAt: ago(-900),
    endedAt: ago(640),
  },
  {
    id: id('operation', 1),
    kind: 'start',
    state: 'succeeded',
    jobId: id('job', 1),
    runId: id('run', 1),
    request: { releaseId: id('release', 2), state: { from: 'snapshot', snapshotId: id('snapshot', 2) }, claimMode: 'NO_CLAIM' },
    steps: [
      { name: 'wait_for_cluster', startedAt: ago(3608), endedAt: ago(3607.9), detail: 'local-2.2 answers.' },
      {
        name: 'submit',
        startedAt: ago(3607.9),
        endedAt: ago(3604),
        detail: 'Sent under its own job id; 2 statements in one statement set.',
      },
      { name: 'wait_until_running', startedAt: ago(3604), endedAt: ago(3602), detail: 'All 4 tasks run.' },
    ],
    requestedBy: person,
    createdAt: ago(3608),
    deadlineAt: ago(3400),
    endedAt: ago(3602),
  },
  {
    id: id('operation', 2),
    kind: 'stop',
    state: 'superseded',
    jobId: id('job', 1),
    request: { stop: 'savepoint' },
    steps: [],
    requestedBy: person,
    createdAt: ago(4000),
    deadlineAt: ago(3000),
    endedAt: ago(3990),
  },
];

/** @type {import('../app/api').Event[]} */
export const events = [
  {
    id: id('event', 1),
    code: 'checkpoint_first',
    message: 'The first checkpoint of this run completed (chk-1, 48 KiB).',
    jobId: id('job', 1),
    at: ago(3570),
  },
  {
    id: id('event', 2),
    code: 'run_running',
    message: 'The run restored from savepoint …/operation_02 and all its tasks run.',
    jobId: id('job', 1),
    operationId: id('operation', 1),
    at: ago(3602),
  },
  {
    id: id('event', 3),
    code: 'release_made',
    message: 'Release 3 was made of draft revision 4: “Revenue per product, too”.',
    jobId: id('job', 1),
    by: person,
    at: ago(1300),
  },
];

const ROOT = 'file:///var/lib/streamwright/state/job_0190c0de000070008000000000000001';
/** @type {import('../app/api').Snapshot[]} */
export const snapshots = [
  {
    id: id('snapshot', 3),
    kind: 'savepoint',
    state: 'failed',
    runId: id('run', 1),
    releaseNumber: 2,
    operationId: id('operation', 4),
    directory: `${ROOT}/operation_04`,
    error: 'Mkdirs failed to create file:/data/savepoints (Permission denied)',
    createdAt: ago(700),
  },
  {
    id: id('snapshot', 2),
    kind: 'savepoint',
    state: 'complete',
    runId: id('run', 1),
    releaseNumber: 2,
    operationId: id('operation', 2),
    directory: `${ROOT}/operation_02`,
    path: `${ROOT}/operation_02/savepoint-5f2c1d-0e9b8a47f6a1`,
    format: 'CANONICAL',
    sizeBytes: 48_331_022,
    createdAt: ago(4000),
    completedAt: ago(3991),
  },
  {
    id: id('snapshot', 4),
    kind: 'checkpoint',
    state: 'complete',
    runId: id('run', 1),
    releaseNumber: 2,
    directory: `${ROOT}/checkpoints`,
    path: `${ROOT}/checkpoints/chk-118`,
    sizeBytes: 50_111_000,
    checkpointId: 118,
    createdAt: ago(24),
    completedAt: ago(23),
  },
  {
    id: id('snapshot', 5),
    kind: 'savepoint',
    state: 'unverified',
    runId: id('run', 1),
    releaseNumber: 1,
    directory: 's3://states/orders/operation_01',
    path: 's3://states/orders/operation_01/savepoint-1',
    createdAt: ago(90_000),
    completedAt: ago(89_990),
  },
];

/** @type {import('../app/api').JobGraph} */
export const graph = {
  state: 'RUNNING',
  startedAt: ago(3602),
  vertices: [
    {
      id: 'v1',
      name: 'Source: orders[1] -> Calc[2] -> WatermarkAssigner[3]',
      parallelism: 2,
      state: 'RUNNING',
      tasks: { RUNNING: 2 },
      recordsIn: 0,
      recordsOut: 180_233,
      bytesIn: 0,
      bytesOut: 7_300_221,
      backPressure: 0.62,
      busy: 0.21,
      inputs: [],
    },
    {
      id: 'v2',
      name: 'LocalWindowAggregate[4]',
      parallelism: 2,
      state: 'RUNNING',
      tasks: { RUNNING: 2 },
      recordsIn: 180_233,
      recordsOut: 1_204,
      bytesIn: 7_300_221,
      bytesOut: 98_221,
      backPressure: 0.04,
      busy: 0.93,
      inputs: ['v1'],
    },
    {
      id: 'v3',
      name: 'GlobalWindowAggregate[6] -> Calc[7] -> Sink: counts[8]',
      parallelism: 2,
      state: 'RUNNING',
      tasks: { RUNNING: 2 },
      recordsIn: 1_204,
      recordsOut: 0,
      bytesIn: 98_221,
      bytesOut: 0,
      backPressure: 0,
      busy: 0.33,
      inputs: ['v2'],
    },
  ],
};

/** @type {import('../app/api').Checkpoints} */
export const checkpoints = {
  completed: 118,
  failed: 1,
  inProgress: 0,
  restored: 1,
  restoredFrom: `${ROOT}/operation_02/savepoint-5f2c1d-0e9b8a47f6a1`,
  latest: {
    id: 118,
    status: 'COMPLETED',
    savepoint: false,
    triggeredAt: ago(24),
    completedAt: ago(23),
    durationMs: 412,
    sizeBytes: 50_111_000,
    path: `${ROOT}/checkpoints/chk-118`,
    discarded: false,
  },
  history: [
    {
      id: 118,
      status: 'COMPLETED',
      savepoint: false,
      triggeredAt: ago(24),
      completedAt: ago(23),
      durationMs: 412,
      sizeBytes: 50_111_000,
      path: `${ROOT}/checkpoints/chk-118`,
      discarded: false,
    },
    {
      id: 117,
      status: 'COMPLETED',
      savepoint: false,
      triggeredAt: ago(54),
      completedAt: ago(53),
      durationMs: 398,
      sizeBytes: 50_101_000,
      path: `${ROOT}/checkpoints/chk-117`,
      discarded: true,
    },
    {
      id: 116,
      status: 'FAILED',
      savepoint: true,
      triggeredAt: ago(700),
      failure: 'Mkdirs failed to create file:/data/savepoints (Permission denied)',
      discarded: false,
    },
  ],
};

const TRACE = `org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=3, backoffTimeMS=1000)
	at org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler.handleFailure(ExecutionFailureHandler.java:219)
	at org.apache.flink.runtime.scheduler.DefaultScheduler.handleTaskFailure(DefaultScheduler.java:270)
Caused by: java.lang.NumberFormatException: For input string: "12,5"
	at java.base/java.lang.Double.parseDouble(Double.java:651)
	at StreamExecCalc$41.processElement_split3(Unknown Source)`;

/** @type {import('../app/api').JobException[]} */
export const exceptions = [
  {
    cause: 'java.lang.NumberFormatException: For input string: "12,5"',
    class: 'org.apache.flink.runtime.JobException',
    at: ago(5400),
    task: 'Calc[2] (1/2)',
    location: '127.0.0.1:41901',
    trace: TRACE,
  },
  {
    cause:
      'org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager',
    class: 'RemoteTransportException',
    at: ago(6400),
    task: 'GlobalWindowAggregate[6] (2/2)',
    trace: TRACE,
  },
];

/** @type {import('../app/api').LogFile[]} */
export const logFiles = [
  { process: 'jobmanager', name: 'jobmanager.log', sizeBytes: 182_331, source: 'rest', previous: false, grows: false },
  { process: 'jobmanager', name: 'jobmanager.out', sizeBytes: 0, source: 'rest', previous: false, grows: false },
  { process: 'taskmanager-1', name: 'taskmanager-1.log', sizeBytes: 99_101, source: 'rest', previous: false, grows: false },
];

const manager = { name: 'sw-aedjkv2r6v7y3b-6d5f8-x2k', role: 'jobmanager', phase: 'Running', running: true, restarts: 2 };
const task = { name: 'sw-aedjkv2r6v7y3b-taskmanager-1-2', role: 'taskmanager', phase: 'Running', running: true, restarts: 0 };

/** @type {import('../app/api').LogFile[]} Of a cluster in Kubernetes. */
export const podLogs = [
  { process: 'jobmanager', name: `${manager.name}.2.log`, sizeBytes: -1, source: 'kubernetes', pod: manager, previous: false, grows: true },
  { process: 'jobmanager', name: `${manager.name}.1.log`, sizeBytes: -1, source: 'kubernetes', pod: manager, previous: true, grows: false },
  { process: task.name, name: `${task.name}.log`, sizeBytes: -1, source: 'kubernetes', pod: task, previous: false, grows: true },
  { process: 'jobmanager', name: `${manager.name}.log`, sizeBytes: 81_200, source: 'kept', previous: false, grows: false },
  {
    process: 'sw-aedjkv2r6v7y3b-taskmanager-1-1',
    name: 'sw-aedjkv2r6v7y3b-taskmanager-1-1.log',
    sizeBytes: 90,
    source: 'kept',
    previous: false,
    grows: false,
    missing: 'It could not be read any more: pods "sw-aedjkv2r6v7y3b-taskmanager-1-1" not found.',
  },
];

export const logText = Array.from({ length: 900 }, (_, line) => {
  const level = line % 97 === 0 ? 'WARN ' : line % 211 === 0 ? 'ERROR' : 'INFO ';
  const time = new Date(Date.now() - (900 - line) * 1000).toISOString().slice(11, 23);
  return `2026-11-22 ${time} ${level} org.apache.flink.runtime.checkpoint.CheckpointCoordinator [] - Completed checkpoint ${line} for job 0190c0de000070008000000000000001 (50111000 bytes, checkpointDuration=412 ms, finalizationTime=3 ms).`;
}).join('\n');
