// A target as it is typed, and what is sent of it. Pure: the form shows it, the tests hold it.
import type { NewTarget, NewTargetTest, Target } from './nouns';
import { asMap, asPairs, type Pair } from './parts/key-values';
import { ApiProblem } from './problem';

export type AccessKind = Target['access']['kind'];

export interface TargetText {
  name: string;
  kind: AccessKind;
  /** Empty: the stored one, where there is one. */
  kubeconfig: string;
  path: string;
  context: string;
  namespace: string;
  serviceAccount: string;
  images: Pair[];
  stateRoot: string;
  highAvailability: boolean;
  configuration: Pair[];
  jobManagerTemplate: string;
  taskManagerTemplate: string;
  privileged: boolean;
  hostNamespaces: boolean;
  hostPaths: string[];
  serviceAccounts: string[];
  artifactUrl: string;
  /** Empty: no Ingress. */
  ingressHost: string;
  ingressClass: string;
  ingressTlsSecret: string;
  ingressAnnotations: Pair[];
}

export function textOf(target?: Target): TargetText {
  const access = target?.access;
  return {
    name: target?.name ?? '',
    kind: access?.kind ?? 'kubeconfig',
    kubeconfig: '',
    path: access?.kind === 'file' ? access.path : '',
    context: target?.context ?? '',
    namespace: target?.namespace ?? '',
    serviceAccount: target?.serviceAccount ?? '',
    images: asPairs(target?.images),
    stateRoot: target?.stateRoot ?? '',
    highAvailability: target?.highAvailability ?? true,
    configuration: asPairs(target?.configuration),
    jobManagerTemplate: target?.jobManagerTemplate ?? '',
    taskManagerTemplate: target?.taskManagerTemplate ?? '',
    privileged: target?.policy.privileged ?? false,
    hostNamespaces: target?.policy.hostNamespaces ?? false,
    hostPaths: target?.policy.hostPaths ?? [],
    serviceAccounts: target?.policy.serviceAccounts ?? [],
    artifactUrl: target?.artifactUrl ?? '',
    ingressHost: target?.ingress?.host ?? '',
    ingressClass: target?.ingress?.class ?? '',
    ingressTlsSecret: target?.ingress?.tlsSecret ?? '',
    ingressAnnotations: asPairs(target?.ingress?.annotations),
  };
}

/** A field that is sent only where something is in it. */
const filled = <K extends string>(key: K, text: string) => (text.trim() === '' ? {} : ({ [key]: text } as Record<K, string>));

function accessOf({ kind, kubeconfig, path }: TargetText): NewTarget['access'] {
  if (kind === 'file') return { kind, path: path.trim() };
  if (kind === 'in_cluster') return { kind };
  return { kind, ...filled('kubeconfig', kubeconfig) };
}

/** Where it is: what a test needs to know, too. */
const placeOf = (text: TargetText) => ({
  access: accessOf(text),
  namespace: text.namespace.trim(),
  ...(text.kind === 'in_cluster' ? {} : filled('context', text.context.trim())),
  ...filled('serviceAccount', text.serviceAccount.trim()),
});

export const testOf = (text: TargetText, stored?: Target): NewTargetTest => ({
  ...placeOf(text),
  ...(stored ? { target: stored.id } : {}),
});

/** The Ingress, where something is typed for it. */
function ingressOf(text: TargetText): Pick<NewTarget, 'ingress'> {
  const ingress = {
    host: text.ingressHost.trim(),
    ...filled('class', text.ingressClass.trim()),
    ...filled('tlsSecret', text.ingressTlsSecret.trim()),
    ...(text.ingressAnnotations.length > 0 ? { annotations: asMap(text.ingressAnnotations) } : {}),
  };
  return Object.keys(ingress).length === 1 && ingress.host === '' ? {} : { ingress };
}

export const targetOf = (text: TargetText): NewTarget => ({
  name: text.name.trim(),
  ...placeOf(text),
  images: asMap(text.images),
  ...filled('stateRoot', text.stateRoot.trim()),
  highAvailability: text.highAvailability,
  configuration: asMap(text.configuration),
  ...filled('jobManagerTemplate', text.jobManagerTemplate),
  ...filled('taskManagerTemplate', text.taskManagerTemplate),
  policy: {
    privileged: text.privileged,
    hostNamespaces: text.hostNamespaces,
    hostPaths: text.hostPaths,
    serviceAccounts: text.serviceAccounts,
  },
  ...filled('artifactUrl', text.artifactUrl.trim()),
  ...ingressOf(text),
});

export const MORE = ['configuration', 'templates', 'policy', 'artifacts', 'ingress'] as const;
export type More = (typeof MORE)[number];

const MORE_OF: Record<string, More> = {
  configuration: 'configuration',
  jobManagerTemplate: 'templates',
  taskManagerTemplate: 'templates',
  policy: 'policy',
  artifactUrl: 'artifacts',
  ingress: 'ingress',
};

/** Which folded parts of the form have what the server refused. */
export function refusedIn(error: unknown): More[] {
  if (!(error instanceof ApiProblem)) return [];
  const fields = [error.field, ...error.errors.map((one) => one.field)];
  const parts = fields.map((field) => MORE_OF[field?.split('.')[0] ?? '']);
  return MORE.filter((part) => parts.includes(part));
}

/** Messages for keys of a map, such as `images.2.2.1`, by the key. */
export function keyMessages(error: unknown, map: 'images' | 'configuration' | 'ingress.annotations'): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {};
  const all = [...error.errors, ...(error.field ? [{ field: error.field, message: error.message }] : [])];
  const mine = all.filter((one) => one.field.startsWith(`${map}.`));
  return Object.fromEntries(mine.map((one) => [one.field.slice(map.length + 1), one.message]));
}

export interface TextFault {
  line: number;
  column: number;
  message: string;
}

/** What is wrong in a template, where the server says the place. */
export function faultsOf(error: unknown, field: string): TextFault[] {
  if (!(error instanceof ApiProblem)) return [];
  const own = error.field === field ? [error.message] : [];
  const messages = error.errors.length > 0 ? error.errors.filter((one) => one.field === field).map((one) => one.message) : own;
  return messages.flatMap((text) => {
    const [, line, column, message] = /^line (\d+), column (\d+): (.*)$/is.exec(text) ?? [];
    return message === undefined ? [] : [{ line: Number(line), column: Number(column), message }];
  });
}
