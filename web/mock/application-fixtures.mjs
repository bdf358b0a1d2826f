// @ts-check
// Jobs with a cluster of their own in Kubernetes: one whose image is missing, one that ended with its cluster.
import { clusters } from './cluster-fixtures.mjs';
import { ago, id, job, no, starting } from './fixtures.mjs';
import { spec as sessionSpec } from './job-fixtures.mjs';

const CAUSE =
  "The JobManager's pod sw-bq2wl2dqaaqaaaaaaaaaaaabq-5c4f7d6b8-q7hzt does not start: the image registry.example.com:5000/flink/flink:2.2.1-java17-s3 cannot be pulled: failed to resolve reference: unexpected status from HEAD request to https://registry.example.com:5000/v2/flink/flink/manifests/2.2.1-java17-s3: 404 Not Found. Mend the image's name in the target, or push it.";

/** @type {import('../app/api').JobSpec} */
export const spec = {
  sql: sessionSpec.sql ?? '',
  args: [],
  jars: sessionSpec.jars,
  mode: 'application',
  targetId: id('target', 1),
  flinkVersion: '2.2.1',
  parallelism: 4,
  configuration: { 'execution.checkpointing.interval': '30 s' },
};

const POD = `apiVersion: v1
kind: Pod
spec:
  volumes:
    - name: jars
      persistentVolumeClaim: { claimName: jars, readOnly: true }
  containers:
    - name: flink-main-container
      volumeMounts:
        - { name: jars, mountPath: /mnt/jars, readOnly: true }
`;

/** A program of a mount, and what its pods have for that. @type {import('../app/api').JobSpec} */
export const programSpec = {
  jarUri: 'local:///mnt/jars/settlement/settlement-2.4.1.jar',
  entryClass: 'com.acme.Settlement',
  args: ['--day', '2026-11-23', 'two words'],
  jars: [{ name: 'shop-functions' }],
  mode: 'application',
  targetId: id('target', 1),
  flinkVersion: '2.2.1',
  configuration: {},
  jobManagerTemplate: POD,
  taskManagerTemplate: POD,
};

const shared = clusters.find((one) => one.target === 'kubernetes');

/** Answered by its id, never listed. @type {import('../app/api').Cluster[]} */
export const ownClusters = shared
  ? [
      {
        ...shared,
        id: id('cluster', 5),
        name: 'sw-bq2wl2dqaaqaaaaaaaaaaaabq',
        deployment: 'sw-bq2wl2dqaaqaaaaaaaaaaaabq',
        flinkVersion: '2.2.1',
        slots: 0,
        configuration: {},
        status: { label: 'starting', sentence: CAUSE, evidence: 'Not seen yet' },
        webAddress: { sentence: 'Its JobManager does not answer, so there is no web UI to open.' },
        look: {
          lookedAt: ago(2),
          taskManagers: 0,
          slotsTotal: 0,
          slotsFree: 0,
          unmanaged: [],
          processes: [],
          cause: CAUSE,
          pods: [
            {
              name: 'sw-bq2wl2dqaaqaaaaaaaaaaaabq-5c4f7d6b8-q7hzt',
              role: 'jobmanager',
              phase: 'Pending',
              running: false,
              restarts: 0,
              cause: CAUSE,
            },
          ],
        },
        actions: {
          ...shared.actions,
          stop: no('application', 'It belongs to a run of a job: stop the job.'),
          delete: no('application', 'It belongs to a run of a job: stop the job.'),
        },
      },
    ]
  : [];

/** @type {import('../app/api').Operation} */
const waiting = {
  ...starting,
  id: id('operation', 41),
  jobId: id('job', 10),
  runId: id('run', 10),
  steps: [
    { name: 'submit', startedAt: ago(65), endedAt: ago(61), detail: 'Creating its objects in Kubernetes.' },
    { name: 'wait_until_running', startedAt: ago(61), detail: CAUSE },
  ],
};

export const applications = [
  job(
    10,
    'orders to lake',
    'starting',
    { operation: waiting, cluster: { id: id('cluster', 5), name: 'sw-bq2wl2dqaaqaaaaaaaaaaaabq' } },
    { sentence: CAUSE, evidence: 'Not seen yet', since: ago(65) },
  ),
  job(
    11,
    'returns to lake',
    'failed',
    { cluster: undefined },
    { sentence: 'Its JobManager ended 3 times before the job ran.', evidence: 'FAILED · Kubernetes' },
  ),
];
const coming = applications[0]?.run;
if (coming) Object.assign(coming, { clusterId: id('cluster', 5), runningAt: undefined });
const ended = applications[1]?.run;
if (ended)
  Object.assign(ended, {
    clusterId: id('cluster', 6),
    outcome: 'failed',
    source: 'kubernetes',
    reason: 'Its JobManager ended 3 times before the job ran (exit code 1). Its log has the cause.',
  });
