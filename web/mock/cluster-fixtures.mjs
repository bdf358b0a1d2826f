// @ts-check
// Clusters of every kind and label.
import { ago, id, no, yes } from './fixtures.mjs';

const NO_NODE =
  'no node takes the pod: 0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient memory. Ask for less CPU and memory, change node selectors and tolerations, or add a node.';

/** @type {import('../app/api').Cluster} */
const local = {
  id: id('cluster', 1),
  name: 'local-2.2',
  target: 'local',
  flinkVersionId: id('flink', 1),
  flinkVersion: '2.2.1',
  restUrl: 'http://127.0.0.1:35081',
  jars: [
    { name: 'flink-s3-fs-hadoop.jar', version: 2, fileName: 'flink-s3-fs-hadoop-2.2.1.jar', digest: 'a1'.repeat(32) },
    { name: 'udf-geo.jar', version: 5, fileName: 'udf-geo.jar', digest: 'b2'.repeat(32) },
  ],
  runningJars: [{ name: 'udf-geo.jar', version: 4, fileName: 'udf-geo.jar', digest: 'c3'.repeat(32) }],
  taskManagers: 2,
  slots: 4,
  configuration: { 'taskmanager.memory.process.size': '1536m' },
  desired: 'running',
  status: {
    label: 'running',
    sentence: 'The JobManager answers; 2 TaskManagers with 8 slots are registered.',
    evidence: 'JobManager REST · 2 of 3 processes alive',
    evidenceAt: ago(3),
  },
  look: {
    contactAt: ago(3),
    lookedAt: ago(3),
    reportedVersion: '2.2.1',
    taskManagers: 2,
    slotsTotal: 8,
    slotsFree: 3,
    unmanaged: [
      {
        flinkJobId: '5f2c1d0e9b8a47f6a1b2c3d4e5f60718',
        name: 'insert-into_default_catalog.default_database.adhoc',
        state: 'RUNNING',
        adopt: yes,
      },
    ],
    pods: [],
    processes: [
      { role: 'jobmanager', pid: 41822 },
      { role: 'taskmanager-1', pid: 41901 },
      { role: 'taskmanager-2', exitCode: 137, endedAt: ago(640) },
    ],
  },
  actions: {
    start: no('already_running', 'The cluster runs already.'),
    stop: yes,
    delete: no('running', 'Stop the cluster first.'),
    connection: no('not_standalone', 'Only a standalone cluster has a connection of its own.'),
    jars: yes,
  },
  createdAt: ago(86_400 * 3),
  revision: 12,
};

/** @type {import('../app/api').Cluster[]} */
export const clusters = [
  local,
  {
    ...local,
    id: id('cluster', 2),
    name: 'old-1.20',
    flinkVersion: '1.20.5',
    jars: [],
    runningJars: undefined,
    configuration: {},
    desired: 'stopped',
    status: { label: 'stopped', sentence: 'Stopped as asked.', evidence: 'no process runs' },
    look: { taskManagers: 0, slotsTotal: 0, slotsFree: 0, unmanaged: [], pods: [], processes: [] },
    actions: { ...local.actions, start: yes, stop: no('already_stopped', 'The cluster is stopped.'), delete: yes },
  },
  {
    ...local,
    id: id('cluster', 3),
    name: 'staging',
    target: 'standalone',
    restUrl: 'https://flink-staging.example:8081',
    flinkVersion: '1.19.3',
    jars: [],
    runningJars: undefined,
    connection: {
      caCertificate: '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUKp\n-----END CERTIFICATE-----\n',
      clientCertificate: '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUKq\n-----END CERTIFICATE-----\n',
      authentication: { kind: 'basic', user: 'streamwright' },
    },
    configuration: {},
    status: {
      label: 'unreachable',
      sentence: 'The JobManager has not answered for 4 minutes; its jobs may still run.',
      evidence: 'connection refused',
      evidenceAt: ago(252),
    },
    look: {
      ...local.look,
      contactAt: ago(252),
      lookedAt: ago(2),
      unreachableSince: ago(240),
      error: 'GET https://flink-staging.example:8081/overview: connection refused',
      unmanaged: local.look.unmanaged.map((one) => ({
        ...one,
        adopt: no('cluster_unreachable', 'Its cluster does not answer, so nobody knows whether it still runs.'),
      })),
      processes: [],
    },
    actions: {
      connection: yes,
      jars: no('not_local', 'Somebody else runs this cluster; its jars are put into lib where it runs.'),
      start: no('standalone', 'A standalone cluster is started by whoever runs it.'),
      stop: no('standalone', 'A standalone cluster is stopped by whoever runs it.'),
      delete: yes,
    },
  },
  {
    ...local,
    id: id('cluster', 4),
    name: 'shared-1.20',
    target: 'kubernetes',
    targetId: id('target', 1),
    deployment: 'sw-agiqzqydqaaaqaaaaaaaaabyye',
    restUrl: undefined,
    flinkVersionId: undefined,
    flinkVersion: '1.20.5',
    jars: [],
    runningJars: undefined,
    taskManagers: 0,
    configuration: { 'taskmanager.memory.process.size': '4096m' },
    status: {
      label: 'running',
      sentence: 'Its JobManager answers; 1 of 4 slots are free.',
      evidence: 'JobManager REST',
      evidenceAt: ago(4),
    },
    look: {
      contactAt: ago(4),
      lookedAt: ago(4),
      reportedVersion: '1.20.5',
      taskManagers: 1,
      slotsTotal: 4,
      slotsFree: 1,
      unmanaged: [],
      processes: [],
      cause: `The TaskManager's pod sw-agiqzqydqaaaqaaaaaaaaabyye-taskmanager-1-2 does not start: ${NO_NODE}`,
      pods: [
        {
          name: 'sw-agiqzqydqaaaqaaaaaaaaabyye-7d9c5b6f4-x2x9k',
          role: 'jobmanager',
          phase: 'Running',
          running: true,
          restarts: 1,
          exitCode: 137,
        },
        { name: 'sw-agiqzqydqaaaqaaaaaaaaabyye-taskmanager-1-1', role: 'taskmanager', phase: 'Running', running: true, restarts: 0 },
        {
          name: 'sw-agiqzqydqaaaqaaaaaaaaabyye-taskmanager-1-2',
          role: 'taskmanager',
          phase: 'Pending',
          running: false,
          restarts: 0,
          cause: NO_NODE,
        },
      ],
    },
    actions: {
      ...local.actions,
      connection: no('not_standalone', 'Only a standalone cluster has a connection of its own.'),
      jars: no('not_local', 'Its jars come with its image, or by its pod template.'),
    },
  },
];
