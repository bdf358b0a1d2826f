// The lab (lab/k8s), as walks on it see it: its facts, kubectl, and a namespace with a target in it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What the lab says of itself. It is up. */
export function facts() {
  const lines = execFileSync(path.join(import.meta.dirname, '../../lab/kubernetes.sh'), ['facts'], { encoding: 'utf8' });
  return Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  );
}

export class Namespace {
  /** A namespace of the lab for clusters of a Flink version. */
  constructor(name, version) {
    this.name = name;
    this.version = version;
    this.facts = facts();
    this.folder = path.dirname(this.facts.KUBECONFIG);
    [this.major, this.minor] = version.split('.').map(Number);
  }

  kubectl(args, input) {
    const program = path.join(this.folder, 'bin/kubectl');
    return execFileSync(program, ['--kubeconfig', this.facts.KUBECONFIG, ...args], { encoding: 'utf8', input, maxBuffer: 1 << 26 });
  }

  /** The same in this namespace. */
  here(...args) {
    return this.kubectl(['-n', this.name, ...args]);
  }

  items(kinds) {
    return JSON.parse(this.here('get', kinds, '-o', 'json')).items;
  }

  create() {
    this.kubectl(['delete', 'namespace', this.name, '--ignore-not-found', '--wait']);
    this.kubectl(['create', 'namespace', this.name]);
  }

  /** Begins its end. */
  remove() {
    this.kubectl(['delete', 'namespace', this.name, '--ignore-not-found', '--wait=false']);
  }

  /** What it holds beside what belongs to every namespace. */
  left() {
    return this.items('deployments,pods,services,configmaps,secrets')
      .filter((item) => item.metadata.name !== 'kube-root-ca.crt')
      .map((item) => `${item.kind}/${item.metadata.name}`);
  }

  pods(component) {
    return this.items('pods').filter((one) => !component || one.metadata.labels?.component === component);
  }

  /** Ends a pod as a node's failure does: at once. */
  kill(pod) {
    this.here('delete', 'pod', pod.metadata.name, '--grace-period=0', '--force');
  }

  /** Whether its Flink is older than 1.MINOR. */
  before(minor) {
    return this.major === 1 && this.minor < minor;
  }

  configuration() {
    const { version } = this;
    const cpu = this.before(17) ? 'cpu' : 'cpu.amount';
    // A small request and a large limit: it fits beside others and starts fast.
    const settings = {
      [`kubernetes.jobmanager.${cpu}`]: '0.3',
      [`kubernetes.taskmanager.${cpu}`]: '0.3',
      'jobmanager.memory.process.size': '1024m',
      'taskmanager.memory.process.size': '1024m',
      's3.endpoint': this.facts.S3_ENDPOINT,
      's3.path.style.access': 'true',
      's3.access-key': this.facts.S3_ACCESS_KEY,
      's3.secret-key': this.facts.S3_SECRET_KEY,
      'containerized.master.env.ENABLE_BUILT_IN_PLUGINS': `flink-s3-fs-hadoop-${version}.jar`,
      'containerized.taskmanager.env.ENABLE_BUILT_IN_PLUGINS': `flink-s3-fs-hadoop-${version}.jar`,
    };
    if (!this.before(15)) {
      settings['kubernetes.jobmanager.cpu.limit-factor'] = '5';
      settings['kubernetes.taskmanager.cpu.limit-factor'] = '5';
    }
    if (this.before(18)) {
      // The image's own file has what its Java wants; a mounted one hides it.
      const image = readFileSync(path.join(this.folder, 'flink', version, 'conf/flink-conf.yaml'), 'utf8');
      const line = image.split('\n').find((text) => text.startsWith('env.java.opts:'));
      if (line) settings['env.java.opts'] = line.slice('env.java.opts:'.length).trim();
    }
    return settings;
  }

  /** A target in it, with the lab's image of the version or another one, and state in a folder of its own. */
  target(name, state, image = this.version) {
    return {
      name,
      access: { kind: 'kubeconfig', kubeconfig: readFileSync(this.facts.KUBECONFIG, 'utf8') },
      namespace: this.name,
      images: { [this.version]: `${this.facts.LAB_REGISTRY}/flink:${image}` },
      serviceAccount: 'flink',
      stateRoot: `s3://${this.facts.S3_BUCKET}/${this.name}-${state}`,
      configuration: this.configuration(),
    };
  }

  /** What there is to see where a walk broke off. */
  told() {
    const told = [`--- the namespace\n${this.here('get', 'all,configmaps,events')}`];
    for (const pod of this.pods()) {
      const log = () => this.here('logs', pod.metadata.name, '--all-containers', '--tail', '60');
      told.push(`--- ${pod.metadata.name}\n${attempt(log)}`);
    }
    return told.join('\n');
  }
}

function attempt(look) {
  try {
    return look();
  } catch (error) {
    return error.message;
  }
}
