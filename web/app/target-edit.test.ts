import { describe, expect, it } from 'vitest';
import { targets } from '../mock/target-fixtures.mjs';
import { newPair } from './parts/key-values';
import { ApiProblem } from './problem';
import { faultsOf, keyMessages, refusedIn, targetOf, testOf, textOf } from './target-edit';

const [lab, inside] = targets;
if (!lab || !inside) throw new Error('no targets in the fixtures');

const refused = (field: string, message: string, errors: { field: string; message: string }[] = []) =>
  new ApiProblem({ status: 422, code: 'bad', detail: message, field, errors });

describe('a target as it is typed', () => {
  it('is sent as it was read, and its kubeconfig stays where none is typed', () => {
    const { id, access, allTeams, teams, test, createdAt, revision, ...rest } = lab;
    expect(targetOf(textOf(lab))).toEqual({ ...rest, access: { kind: 'kubeconfig' } });
    expect(targetOf({ ...textOf(lab), kubeconfig: 'apiVersion: v1' }).access).toEqual({ kind: 'kubeconfig', kubeconfig: 'apiVersion: v1' });
    expect(testOf(textOf(lab), lab)).toEqual({
      target: lab.id,
      access: { kind: 'kubeconfig' },
      namespace: lab.namespace,
      context: lab.context,
      serviceAccount: lab.serviceAccount,
    });
  });

  it('sends nothing of what does not belong to the way it is reached', () => {
    expect(testOf({ ...textOf(inside), context: 'left over', kubeconfig: 'left over', path: '/left/over' })).toEqual({
      access: { kind: 'in_cluster' },
      namespace: inside.namespace,
    });
    expect(targetOf({ ...textOf(), kind: 'file', path: ' /etc/kube ' }).access).toEqual({ kind: 'file', path: '/etc/kube' });
  });

  it('has an Ingress only where something is typed for it', () => {
    expect(targetOf(textOf())).not.toHaveProperty('ingress');
    expect(targetOf({ ...textOf(), ingressHost: ' {{job}}.example ' }).ingress).toEqual({ host: '{{job}}.example' });
    const ingress = { host: '{{job}}.example', class: 'nginx', tlsSecret: 'tls', annotations: { 'a/b': 'c' } };
    expect(targetOf(textOf({ ...lab, ingress })).ingress).toEqual(ingress);
    // The server says that the host is missing.
    expect(targetOf({ ...textOf(), ingressClass: 'nginx' }).ingress).toEqual({ host: '', class: 'nginx' });
  });

  it('leaves out rows without a key', () => {
    expect(targetOf({ ...textOf(), images: [newPair('2.2', 'flink:2.2'), newPair('', 'x')] }).images).toEqual({ '2.2': 'flink:2.2' });
  });
});

describe('what the server refused', () => {
  it('opens the folded part that it is in', () => {
    expect(refusedIn(refused('configuration.a.b', 'x'))).toEqual(['configuration']);
    expect(refusedIn(refused('policy.hostPaths.1', 'x', [{ field: 'artifactUrl', message: 'y' }]))).toEqual(['policy', 'artifacts']);
    expect(refusedIn(refused('ingress.host', 'x'))).toEqual(['ingress']);
    expect(refusedIn(refused('namespace', 'x'))).toEqual([]);
    expect(refusedIn(new Error('x'))).toEqual([]);
  });

  it('stands at its key and at its place in a template', () => {
    expect(keyMessages(refused('images.2.2.1', 'no image'), 'images')).toEqual({ '2.2.1': 'no image' });
    expect(faultsOf(refused('jobManagerTemplate', 'Line 2, column 7: the kind is wrong.'), 'jobManagerTemplate')).toEqual([
      { line: 2, column: 7, message: 'the kind is wrong.' },
    ]);
    const several = [
      { field: 'jobManagerTemplate', message: 'line 1, column 1: a' },
      { field: 'jobManagerTemplate', message: 'spec.hostNetwork: b' },
    ];
    expect(faultsOf(refused('jobManagerTemplate', 'a', several), 'jobManagerTemplate')).toEqual([{ line: 1, column: 1, message: 'a' }]);
    expect(faultsOf(refused('jobManagerTemplate', 'a'), 'taskManagerTemplate')).toEqual([]);
  });
});
