// @ts-check
// Artifacts of every kind, some used, some with long names, and an upload that stands still.
import { ago, id, other, person } from './fixtures.mjs';

/** @typedef {import('../app/api').Artifact} Artifact */

/** @param {number} n @param {string} name @param {Partial<Artifact>} more @returns {Artifact} */
const artifact = (n, name, more) => ({
  id: id('artifact', n),
  name,
  version: 1,
  newest: true,
  kind: 'connector',
  fileName: name,
  digest: `${n}f`.repeat(40).slice(0, 64),
  sizeBytes: 6_812_345,
  entryClasses: [],
  usedBy: [],
  uses: 0,
  createdBy: person,
  createdAt: ago(n * 9_000),
  ...more,
});

/** @param {number} job @param {string} name */
const draft = (job, name) => ({ by: /** @type {const} */ ('draft'), name, jobId: id('job', job) });
/** @param {number} job @param {string} name @param {number} releaseNumber */
const release = (job, name, releaseNumber) => ({ by: /** @type {const} */ ('release'), name, jobId: id('job', job), releaseNumber });

/** @type {Artifact[]} */
export const artifacts = [
  artifact(1, 'flink-sql-connector-kafka.jar', {
    version: 3,
    fileName: 'flink-sql-connector-kafka-4.0.1-2.0.jar',
    usedBy: [
      draft(1, 'orders per minute'),
      release(1, 'orders per minute', 3),
      release(1, 'orders per minute', 2),
      release(3, 'clicks', 1),
    ],
    uses: 12,
  }),
  artifact(2, '订单-统计-udf.jar', { kind: 'udf_jar', sizeBytes: 48_200, createdBy: other, usedBy: [draft(3, 'clicks')], uses: 1 }),
  artifact(3, 'settlement-job-with-a-name-that-is-much-longer-than-any-column-can-show-in-one-line.jar', {
    kind: 'job_jar',
    sizeBytes: 184_000_000,
    entryClasses: ['com.example.settlement.SettlementJob', 'com.example.settlement.Backfill'],
  }),
  artifact(4, 'features.py', { kind: 'python_file', sizeBytes: 2_114 }),
  artifact(5, 'models.tar.gz', {
    kind: 'archive',
    sizeBytes: 1_420_000_000,
    usedBy: [{ by: 'cluster', name: 'shared', clusterId: id('cluster', 1) }],
    uses: 1,
  }),
];

/** @type {import('../app/api').Upload[]} */
export const uploads = [
  {
    id: id('upload', 1),
    name: 'big-job.jar',
    fileName: 'big-job.jar',
    sizeBytes: 1_073_741_824,
    offset: 402_653_184,
    createdBy: other,
    createdAt: ago(5_000),
    expiresAt: ago(-80_000),
  },
];

/** @param {string} name */
export const versionsOf = (name) => {
  const newest = artifacts.find((one) => one.name === name);
  if (!newest) return [];
  return Array.from({ length: newest.version }, (_, place) => ({
    ...newest,
    id: place === 0 ? newest.id : id('artifact', 100 + place),
    version: newest.version - place,
    newest: place === 0,
    ...(place === 0 ? {} : { uses: 0, usedBy: [], digest: `${place}a`.repeat(40).slice(0, 64) }),
  }));
};
