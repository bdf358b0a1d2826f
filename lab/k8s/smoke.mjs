// Whether the lab is what tests take it for: a native Flink application that is made of objects by hand, as the facts
// about Flink's own client have them. Its JobManager starts from the image and makes its TaskManager, the address of its
// service works from this machine, it checkpoints to MinIO, and reads the checkpoint again when its TaskManager is killed.
//
//   node lab/k8s/smoke.mjs VERSION            while the lab is up; the facts come from `lab/kubernetes.sh facts`
//
// Each step counts as one test. The first that fails ends it; what the pods say is printed.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [version] = process.argv.slice(2);
if (!version) {
  console.error('usage: node lab/k8s/smoke.mjs VERSION');
  process.exit(2);
}
const script = path.join(import.meta.dirname, '..', 'kubernetes.sh');
const facts = Object.fromEntries(
  execFileSync(script, ['facts'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(/=(.*)/s)),
);
const home = path.dirname(facts.KUBECONFIG);
const distribution = path.join(home, 'flink', version);
const namespace = `smoke-${version.replaceAll('.', '-')}`;
const id = 'smoke';
const minor = Number(version.split('.')[1]);
/** Up to 1.18 the configuration has a syntax of its own. */
const old = version.startsWith('1.') && minor < 19;
const file = old ? 'flink-conf.yaml' : 'config.yaml';
const checkpoints = `s3://${facts.S3_BUCKET}/${namespace}`;
let passed = 0;

function kubectl(args, input) {
  return execFileSync(path.join(home, 'bin', 'kubectl'), ['--kubeconfig', facts.KUBECONFIG, ...args], { encoding: 'utf8', input });
}

async function step(name, walk) {
  const start = Date.now();
  await walk();
  passed += 1;
  console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}

/** Asks until the answer is something; what was wrong last is the error's message. */
async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  let last = 'nothing';
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = error.message;
    }
    await sleep(500);
  }
  throw new Error(`${what}: not within ${seconds} s (${last})`);
}

function configuration() {
  const plugin = `flink-s3-fs-hadoop-${version}.jar`;
  const settings = {
    'jobmanager.rpc.address': `${id}.${namespace}`,
    'jobmanager.rpc.port': 6123,
    'blob.server.port': 6124,
    'taskmanager.rpc.port': 6122,
    'rest.port': 8081,
    'execution.target': 'kubernetes-application',
    'pipeline.jars': 'local:///opt/flink/usrlib/lab-job.jar',
    'kubernetes.cluster-id': id,
    'kubernetes.namespace': namespace,
    'kubernetes.service-account': 'flink',
    'kubernetes.container.image': `${facts.LAB_REGISTRY}/flink:${version}`,
    // A small request and a large limit: it fits beside others and starts fast.
    'kubernetes.taskmanager.cpu': 0.3,
    'kubernetes.taskmanager.cpu.limit-factor': 5,
    // A TaskManager that is killed is missed soon, also by old versions.
    'heartbeat.interval': 1000,
    'heartbeat.timeout': 8000,
    'state.checkpoints.dir': checkpoints,
    's3.endpoint': facts.S3_ENDPOINT,
    's3.path.style.access': true,
    's3.access-key': facts.S3_ACCESS_KEY,
    's3.secret-key': facts.S3_SECRET_KEY,
    'containerized.taskmanager.env.ENABLE_BUILT_IN_PLUGINS': plugin,
  };
  if (!old) {
    settings['kubernetes.taskmanager.cpu.amount'] = settings['kubernetes.taskmanager.cpu'];
    settings['kubernetes.container.image.ref'] = settings['kubernetes.container.image'];
    for (const key of ['kubernetes.taskmanager.cpu', 'kubernetes.container.image']) delete settings[key];
  }
  // The image's own file has what its Java wants.
  const image = readFileSync(path.join(distribution, 'conf', file), 'utf8').split('\n');
  const kept = image.filter((line) => line && !(line.split(':')[0] in settings));
  const ours = Object.entries(settings).map(([key, value]) => `${key}: ${old ? value : JSON.stringify(value)}`);
  return { plugin, text: `${[...kept, ...ours].join('\n')}\n` };
}

function objects() {
  const { plugin, text } = configuration();
  const labels = { app: id, type: 'flink-native-kubernetes' };
  const selector = { ...labels, component: 'jobmanager' };
  const meta = (name, more) => ({ name, namespace, labels, ...more });
  const main = {
    name: 'flink-main-container',
    image: `${facts.LAB_REGISTRY}/flink:${version}`,
    command: ['/docker-entrypoint.sh'],
    args: ['bash', '-c', 'kubernetes-jobmanager.sh kubernetes-application '],
    env: [
      { name: '_POD_IP_ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'ENABLE_BUILT_IN_PLUGINS', value: plugin },
    ],
    resources: { requests: { cpu: '300m', memory: '1024Mi' }, limits: { cpu: '1500m', memory: '1024Mi' } },
    volumeMounts: [{ name: 'flink-config-volume', mountPath: '/opt/flink/conf' }],
  };
  const log4j = readFileSync(path.join(distribution, 'conf', 'log4j-console.properties'), 'utf8');
  const service = (name, ports, more) => ({ apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec: { ...more, selector, ports } });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('flink') },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: meta('flink'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'flink', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta(`flink-config-${id}`),
      data: { [file]: text, 'log4j-console.properties': log4j },
    },
    service(
      id,
      [
        { name: 'jobmanager-rpc', port: 6123 },
        { name: 'blobserver', port: 6124 },
      ],
      { clusterIP: 'None' },
    ),
    service(`${id}-rest`, [{ name: 'rest', port: 8081 }]),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(id),
      spec: {
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: {
            serviceAccountName: 'flink',
            containers: [main],
            volumes: [{ name: 'flink-config-volume', configMap: { name: `flink-config-${id}` } }],
          },
        },
      },
    },
  ];
}

/** The size of an object in MinIO, asked from this machine. */
function stored(address) {
  const who = ['--aws-sigv4', `aws:amz:${facts.S3_REGION}:s3`, '--user', `${facts.S3_ACCESS_KEY}:${facts.S3_SECRET_KEY}`];
  const url = address.replace(/^s3:\//, facts.S3_ENDPOINT);
  return execFileSync('curl', ['-sSf', ...who, url]).length;
}

let rest;
let job;
const get = async (route) => {
  const answer = await fetch(`http://${rest}:8081${route}`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${route}: ${answer.status}`);
  return answer.json();
};
const latest = async () => (await get(`/jobs/${job}/checkpoints`)).latest;

const STEPS = {
  'the objects are made': () => {
    kubectl(
      ['apply', '-f', '-'],
      objects()
        .map((one) => JSON.stringify(one))
        .join('\n---\n'),
    );
    rest = kubectl(['-n', namespace, 'get', 'service', `${id}-rest`, '-o', 'jsonpath={.spec.clusterIP}']);
  },
  'its JobManager answers at the ClusterIP, from this machine': () =>
    until('the REST API', 120, async () => (await get('/config'))['flink-version'] === version),
  'its job runs on a TaskManager that it made': async () => {
    job = await until('a job that runs', 120, async () => {
      const [one] = (await get('/jobs/overview')).jobs;
      return one?.state === 'RUNNING' && one.tasks.running === one.tasks.total && one.jid;
    });
  },
  'it checkpoints to MinIO': async () => {
    const at = await until('a checkpoint', 90, async () => (await latest()).completed?.external_path);
    if (!at.startsWith(checkpoints)) throw new Error(`the checkpoint is at ${at}`);
    // The newest is kept until the next one is complete.
    await until('its file', 30, async () => stored(`${(await latest()).completed.external_path}/_metadata`));
  },
  'it reads the checkpoint when its TaskManager is killed': async () => {
    kubectl(['-n', namespace, 'delete', 'pod', '-l', 'component=taskmanager', '--now', '--wait=false']);
    const at = await until('a restored checkpoint', 120, async () => (await latest()).restored?.external_path);
    if (!at.startsWith(checkpoints)) throw new Error(`restored from ${at}`);
    // The JobManager has read it; with the next one the tasks have gone on from it.
    await until('the checkpoint after it', 120, async () => {
      const { completed, restored } = await latest();
      return completed.id > restored.id;
    });
  },
  'nothing of it is left': async () => {
    kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await until('the end of the namespace', 90, () => !kubectl(['get', 'namespaces', '-o', 'name']).includes(`/${namespace}\n`));
  },
};

let failed = 0;
try {
  for (const [name, walk] of Object.entries(STEPS)) await step(`${version}: ${name}`, walk);
} catch (error) {
  failed = 1;
  console.log(`FAILED ${error.message}`);
  for (const args of [
    ['get', 'pods', '-o', 'wide'],
    ['get', 'events'],
    ['logs', '-l', 'app=smoke', '--tail=60'],
  ]) {
    try {
      console.log(kubectl(['-n', namespace, ...args]));
    } catch {
      // kubectl has said why.
    }
  }
  kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed);
