// @ts-check
// What a start of an application would create, and what differs from its last run.
import { id } from './fixtures.mjs';

/** @param {string} kind @param {string} name @param {string} more */
const yaml = (kind, name, more = '') =>
  `apiVersion: v1
${more}kind: ${kind}
metadata:
  annotations:
    streamwright.io/job-name: orders
  labels:
    app: sw-run
    streamwright.io/run: "00000000000000000000000000000000"
  name: ${name}
  namespace: flink
`;

const CONFIGURATION = `data:
  config.yaml: |
    "jobmanager.rpc.address": "localhost"
    "execution.checkpointing.interval": "30 s"
    "s3.secret-key": "******"
    "kubernetes.cluster-id": "sw-run"
`;

const objects = [
  { kind: 'Deployment', name: 'sw-run', yaml: yaml('Deployment', 'sw-run', '') },
  { kind: 'Service', name: 'sw-run-rest', yaml: yaml('Service', 'sw-run-rest') },
  { kind: 'ConfigMap', name: 'streamwright-code-sw-run', yaml: yaml('ConfigMap', 'streamwright-code-sw-run') },
  { kind: 'ConfigMap', name: 'flink-config-sw-run', yaml: yaml('ConfigMap', 'flink-config-sw-run', CONFIGURATION) },
  { kind: 'Secret', name: 'streamwright-token-sw-run', yaml: yaml('Secret', 'streamwright-token-sw-run') },
];

const DIFF = `@@ -2,6 +2,6 @@
 data:
   config.yaml: |
     "jobmanager.rpc.address": "localhost"
-    "execution.checkpointing.interval": "10 s"
+    "execution.checkpointing.interval": "30 s"
     "s3.secret-key": "******"
     "kubernetes.cluster-id": "sw-run"
`;

/** @param {string} name @returns {{ change: import('../app/api').ManifestChange, diff?: string }} */
function compared(name) {
  if (name === 'flink-config-sw-run') return { change: 'changed', diff: DIFF };
  if (name.includes('token')) return { change: 'added', diff: '@@ -0,0 +1 @@\n+apiVersion: v1\n' };
  return { change: 'unchanged' };
}

/** @type {import('../app/api').Manifests} */
export const manifests = {
  release: 3,
  namespace: 'flink',
  anyCluster: 'sw-run',
  anyId: '00000000000000000000000000000000',
  objects,
  findings: [
    {
      code: 'unknown_key',
      severity: 'warning',
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 1,
      field: 'configuration.execution.checkpoint.interval',
      message: "Flink 2.2 does not know the key 'execution.checkpoint.interval'",
      suggestion: "Did you mean 'execution.checkpointing.interval'?",
    },
  ],
  comparison: {
    runId: id('run', 92),
    release: 2,
    same: false,
    objects: objects.map(({ kind, name }) => ({ kind, name, ...compared(name) })),
  },
};
