// @ts-check
// What the mock API answers, typed by the generated client: jobs in every state, so that every page can be looked at.
/** @typedef {import('../app/api').Job} Job */
/** @typedef {import('../app/api').Operation} Operation */
/** @typedef {import('../app/api').Verdict} Verdict */

const START = Date.now();
/** @param {number} seconds */
export const ago = (seconds) => new Date(START - seconds * 1000).toISOString();
/** @param {string} prefix @param {number} n */
export const id = (prefix, n) => `${prefix}_0190c0de0000700080000000000${String(n).padStart(5, '0')}`;

/** @type {import('../app/api').Person} */
export const person = { id: id('user', 1), name: 'admin' };
/** @type {import('../app/api').Person} */
export const other = { id: id('user', 2), name: 'li.wei' };

/** @type {import('../app/api').Me} */
export const me = {
  user: { id: person.id, name: 'admin', platformAdmin: true },
  teams: [
    { id: id('team', 1), name: 'demo', role: 'team_admin' },
    { id: id('team', 2), name: '支付 payments', role: 'developer' },
  ],
  passwordSet: true,
  version: '0.1.0',
};

/** @type {Verdict} */
export const yes = { allowed: true, code: 'allowed', reason: '' };
/** @param {string} code @param {string} reason @returns {Verdict} */
export const no = (code, reason) => ({ allowed: false, code, reason });

/** @param {import('../app/api').Label} label @returns {import('../app/api').Actions} */
export function actionsOf(label) {
  const live = ['starting', 'running', 'restarting', 'stopping'].includes(label);
  const running = label === 'running';
  const notLive = no('already_stopped', 'The job does not run.');
  return {
    start: live
      ? no('already_running', 'The job runs already. Stop it first, or use restart.')
      : label === 'draft'
        ? no('no_release', 'There is no release yet. Release the draft first.')
        : yes,
    adopt: live ? no('already_running', 'The job runs already. Stop it first.') : yes,
    stop:
      running || label === 'restarting'
        ? yes
        : live
          ? no('not_running', 'Not all tasks run yet: no savepoint can be taken. Cancel is possible.')
          : notLive,
    cancel: live && label !== 'stopping' ? yes : notLive,
    savepoint: running ? yes : notLive,
    replace: running || label === 'restarting' ? yes : notLive,
    delete: live ? no('live', 'The job runs. Stop it first.') : yes,
    release: yes,
    edit: yes,
    detach: live ? no('reachable', 'The JobManager answers, so nothing has to be declared.') : notLive,
  };
}

/** @param {number} n @param {string} name @param {import('../app/api').Label} label @param {Partial<Job>} more @param {Partial<import('../app/api').Status>} status @returns {Job} */
export function job(n, name, label, more, status) {
  const live = ['starting', 'running', 'restarting', 'stopping'].includes(label);
  return {
    id: id('job', n),
    name,
    description: '',
    labels: {},
    status: { label, sentence: '', evidence: '', evidenceAt: ago(live ? 2 : 3600 * n), conditions: [], since: ago(3600 * n), ...status },
    desired: live ? { want: 'running', release: 2 } : { want: 'stopped' },
    cluster: { id: id('cluster', 1), name: 'local-2.2' },
    ...(label === 'running'
      ? { webAddress: { sentence: "It listens on the server's own host only.", command: `streamwright port-forward ${name}` } }
      : {}),
    run:
      label === 'draft'
        ? undefined
        : {
            id: id('run', n),
            flinkJobId: id('run', n).slice(4),
            releaseId: id('release', 2),
            releaseNumber: 2,
            clusterId: id('cluster', 1),
            operationId: id('operation', 1),
            attempt: 1,
            cause: 'start',
            startedAt: ago(3600 * n + 8),
            runningAt: ago(3600 * n + 2),
            ...(live ? {} : { endedAt: ago(3600 * n), outcome: 'finished', source: 'job_manager_rest' }),
          },
    releaseNumber: label === 'draft' ? 0 : 2,
    draftRevision: 4,
    actions: actionsOf(label),
    createdAt: ago(86_400 * 2),
    revision: 7,
    ...more,
  };
}

const REST = 'JobManager REST';
/** @type {Operation} */
export const starting = {
  id: id('operation', 40),
  kind: 'start',
  state: 'running',
  jobId: id('job', 4),
  runId: id('run', 4),
  request: { releaseId: id('release', 2), state: { from: 'latest' } },
  steps: [
    { name: 'wait_for_cluster', startedAt: ago(9), endedAt: ago(8), detail: 'local-2.2 answers.' },
    { name: 'submit', startedAt: ago(8), endedAt: ago(5), detail: 'Sent as 0190c0de…00004 under its own job id.' },
    { name: 'wait_until_running', startedAt: ago(5), detail: '1 of 4 tasks run; waiting for 3 slots.' },
  ],
  requestedBy: person,
  createdAt: ago(9),
  deadlineAt: new Date(START + 171_000).toISOString(),
};

/** @type {Job[]} */
export const jobs = [
  job(
    1,
    'Orders per minute',
    'running',
    {
      description: 'Unbounded orders, counted per minute and product',
      labels: { owner: 'ann', stage: 'prod' },
      releaseNumber: 3,
    },
    {
      sentence: 'All 4 tasks run.',
      evidence: `RUNNING · ${REST}`,
      flinkState: 'RUNNING',
      conditions: [{ kind: 'newer_release', since: ago(1300), sentence: 'Release 3 is newer than release 2, which runs.' }],
    },
  ),
  job(
    2,
    'orders_enriched_with_customers_and_products_left_join_state_ttl_one_hour_v2',
    'restarting',
    {},
    {
      sentence: 'Flink restarts it: TaskManager taskmanager-2 is gone.',
      evidence: `RESTARTING · ${REST}`,
      flinkState: 'RESTARTING',
      conditions: [{ kind: 'waiting_for_resources', since: ago(25), sentence: 'It waits for 2 slots; local-2.2 has none free.' }],
      since: ago(31),
    },
  ),
  job(
    3,
    '日终对账 daily settlement',
    'finished',
    {},
    { sentence: 'Came to its end: all sources were read.', evidence: 'FINISHED · JobManager REST' },
  ),
  job(
    4,
    'fraud score',
    'starting',
    { operation: starting, labels: { stage: 'prod', 负责人: '张三' } },
    { sentence: 'Waiting until all tasks run: 1 of 4.', evidence: `CREATED · ${REST}`, flinkState: 'CREATED', since: ago(9) },
  ),
  job(
    5,
    'payments to lake',
    'failed',
    {},
    {
      sentence: 'Flink gave up: NumberFormatException: For input string: "12,5".',
      evidence: 'FAILED · JobManager REST',
    },
  ),
  job(6, 'clicks sessionized', 'stopped', {}, { sentence: 'Stopped with a savepoint by admin.', evidence: 'FINISHED · JobManager REST' }),
  job(
    7,
    'device telemetry',
    'ended',
    { cluster: { id: id('cluster', 3), name: 'staging' } },
    {
      sentence: 'Gone, and nobody knows how it ended: the cluster restarted.',
      evidence: 'absent · another incarnation of the JobManager',
    },
  ),
  job(8, 'new idea', 'draft', {}, { sentence: 'Never released.', evidence: 'nothing runs' }),
  job(
    9,
    'geo index',
    'stopping',
    {},
    { sentence: 'Waiting for the savepoint.', evidence: `RUNNING · ${REST}`, flinkState: 'RUNNING', since: ago(14) },
  ),
];
const failed = jobs[4]?.run;
if (failed)
  Object.assign(failed, {
    outcome: 'failed',
    reason: 'NumberFormatException: For input string: "12,5"\n  in Calc(select=[CAST(amount AS DECIMAL(10, 2))])',
  });

/** @type {import('../app/api').FlinkVersion[]} */
export const versions = [
  {
    id: id('flink', 1),
    version: '2.2.1',
    home: '/var/lib/streamwright/flink/2.2.1',
    javaHome: '/usr/lib/jvm/java-17-openjdk-amd64',
    source: 'pypi',
    createdAt: ago(86_400 * 3),
  },
  {
    id: id('flink', 2),
    version: '1.20.5',
    home: '/opt/flink-1.20.5',
    javaHome: '/usr/lib/jvm/java-17-openjdk-amd64',
    source: 'added',
    createdAt: ago(86_400 * 9),
  },
];

/** @type {import('../app/api').Installation[]} */
export const installations = [
  {
    id: 'i1',
    version: '2.1.0',
    source: 'archive',
    state: 'running',
    message: 'Downloading flink-2.1.0-bin-scala_2.12.tgz: 212 of 486 MB',
    share: 0.44,
    startedAt: ago(47),
  },
  {
    id: 'i2',
    version: '1.18.1',
    source: 'pypi',
    state: 'failed',
    message: 'failed',
    error: 'The disk is full: 380 MB are needed in /var/lib/streamwright/flink, 120 MB are free. Nothing half-done was left.',
    startedAt: ago(4000),
    endedAt: ago(3960),
  },
];

/** @type {import('../app/api').Session[]} */
export const sessions = [
  {
    id: id('session', 1),
    createdAt: ago(7200),
    expiresAt: ago(-86_400 * 7),
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
    current: true,
  },
  {
    id: id('session', 2),
    createdAt: ago(90_000),
    expiresAt: ago(-86_400 * 6),
    userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7; rv:145.0) Gecko/20100101 Firefox/145.0',
    current: false,
  },
];

/** @type {import('../app/api').Token[]} */
export const tokens = [
  { id: id('token', 1), name: 'CI of the orders team', createdAt: ago(86_400 * 20), expiresAt: ago(-86_400 * 70), lastUsedAt: ago(340) },
];

/** @param {string} name @param {import('../app/api').Artifact['kind']} kind @param {number} version @returns {import('../app/api').Artifact} */
const artifact = (name, kind, version) => ({
  id: id('artifact', version),
  name,
  version,
  newest: true,
  kind,
  fileName: `${name}-1.${version}.jar`,
  digest: '9f8e7d6c'.repeat(8),
  sizeBytes: 10_666_527,
  entryClasses: kind === 'job_jar' ? ['com.acme.Orders', 'com.acme.Backfill'] : [],
  usedBy: [],
  uses: 0,
  createdBy: { id: id('user', 1), name: 'admin' },
  createdAt: '2026-11-20T09:00:00Z',
});

export const artifacts = [
  artifact('flink-sql-connector-kafka', 'connector', 2),
  artifact('shop-functions', 'udf_jar', 4),
  artifact('orders-program', 'job_jar', 7),
];
