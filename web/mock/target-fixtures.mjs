// @ts-check
// Targets: tested and not, granted to all, to some and to none, with long names.
import { ago, id } from './fixtures.mjs';

/** @typedef {import('../app/api').Target} Target */
/** @typedef {import('../app/api').TargetReport} TargetReport */

const FINE = [
  ['read the version of the API server', ''],
  ['create deployments', ''],
  ['patch deployments', ''],
  ['create configmaps', ''],
  ['create services', ''],
  ['watch pods', ''],
  ['get pods/log', ''],
];

/** @param {Partial<TargetReport>} [more] @returns {TargetReport} */
export const report = (more = {}) => ({
  ok: true,
  testedAt: ago(300),
  outdated: false,
  version: 'v1.34.4',
  checks: FINE.map(([what, message]) => ({ what: what ?? '', outcome: 'ok', message: message ?? '' })),
  ...more,
});

const FAILED = report({
  ok: false,
  checks: [
    ...report().checks,
    {
      what: 'delete deployments',
      outcome: 'failed',
      message:
        "system:serviceaccount:platform:streamwright may not delete deployments in the namespace 'flink-production': apply the roles that `streamwright target rbac --namespace flink-production` prints.",
    },
    {
      what: 'pods of flink: create pods',
      outcome: 'not_tested',
      message: 'We may not ask for others: allow create localsubjectaccessreviews to see it tested.',
    },
  ],
});

/** @param {number} n @param {string} name @param {Partial<Target>} more @returns {Target} */
const target = (n, name, more) => ({
  id: id('target', n),
  name,
  access: { kind: 'kubeconfig' },
  namespace: 'flink',
  images: {},
  highAvailability: true,
  configuration: {},
  policy: { privileged: false, hostNamespaces: false, hostPaths: [], serviceAccounts: [] },
  allTeams: false,
  teams: [],
  createdAt: ago(n * 90_000),
  revision: 1,
  ...more,
});

/** @type {Target[]} */
export const targets = [
  target(1, 'production', {
    context: 'eu-central-production',
    namespace: 'flink-production',
    serviceAccount: 'flink',
    images: { '2.2.1': 'registry.example.com:5000/flink/flink:2.2.1-java17-s3', '1.20': 'registry.example.com:5000/flink/flink:1.20-s3' },
    stateRoot: 's3://flink-production-state/jobs',
    configuration: { 's3.endpoint': 'https://minio.example.com', 'taskmanager.numberOfTaskSlots': '4' },
    jobManagerTemplate:
      'apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {tier: "1"} # 重要\nspec:\n  nodeSelector:\n    pool: flink\n  containers:\n    - name: flink-main-container\n      env:\n        - name: TZ\n          value: Europe/Berlin\n',
    policy: { privileged: false, hostNamespaces: false, hostPaths: ['/mnt/jars', '/mnt/models'], serviceAccounts: ['flink'] },
    artifactUrl: 'https://streamwright.example.com',
    teams: [
      { id: id('team', 1), name: 'demo' },
      { id: id('team', 2), name: 'payments' },
    ],
    test: FAILED,
    revision: 7,
  }),
  target(2, 'here', { access: { kind: 'in_cluster' }, namespace: 'streaming', allTeams: true, test: report() }),
  target(3, '测试集群-a-name-that-goes-on-and-on', {
    access: { kind: 'file', path: '/etc/streamwright/kubeconfigs/testing/kubeconfig.yaml' },
    stateRoot: 'file:///mnt/state',
    test: report({ outdated: true, testedAt: ago(90_000) }),
  }),
  target(4, 'new', { namespace: 'sandbox' }),
];

/** What the team demo sees. @type {import('../app/api').TeamTarget[]} */
export const teamTargets = targets
  .filter(({ allTeams, teams }) => allTeams || teams.some((team) => team.name === 'demo'))
  .map(({ id, name, namespace, images, stateRoot }) => ({ id, name, namespace, images, ...(stateRoot ? { stateRoot } : {}) }));
