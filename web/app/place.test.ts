import { describe, expect, it } from 'vitest';
import { bodyOf } from './forms/cluster-create';
import { imageOf, inTarget, placeBody, versionChoices } from './place';

const target = { id: 'target_1', name: 'production', namespace: 'flink', images: { '2.2.1': 'own:2.2.1', '1.20': 'own:1.20' } };
const installed = ['1.18.1', '1.20.5', '2.3.0', '1.20.10'];

describe('versions to choose from', () => {
  it('are those of the images first, newer ones before older ones, each once', () => {
    expect(versionChoices(target, installed)).toEqual(['2.2.1', '1.20.10', '1.20.5', '2.3.0', '1.18.1']);
    expect(versionChoices(target, ['2.2.1'])).toEqual(['2.2.1']);
    expect(versionChoices({ images: {} }, installed)).toEqual(['2.3.0', '1.20.10', '1.20.5', '1.18.1']);
    expect(versionChoices(undefined, [])).toEqual([]);
  });
  it('run with the image of the patch, else of the minor, else the official one', () => {
    const images = ['2.2.1', '1.20.5', '2.2.0'].map((version) => imageOf(target, version));
    expect(images).toEqual(['own:2.2.1', 'own:1.20', 'flink:2.2.0']);
    expect(['2.2', '', undefined].map((version) => imageOf(target, version))).toEqual([undefined, undefined, undefined]);
  });
});

describe('an application', () => {
  it('keeps the version that the job had, else takes the first choice', () => {
    expect(inTarget(target, '1.18.1', installed)).toEqual({ targetId: 'target_1', flinkVersion: '1.18.1' });
    expect(inTarget(target, undefined, installed)).toEqual({ targetId: 'target_1', flinkVersion: '2.2.1' });
    expect(inTarget({ ...target, images: {} }, undefined, [])).toEqual({ targetId: 'target_1' });
  });
  it('is sent with its mode; a session cluster is what is meant without', () => {
    expect(placeBody({ application: { targetId: 'target_1' } })).toEqual({ mode: 'application', targetId: 'target_1' });
    expect(placeBody({ clusterId: 'cluster_1' })).toEqual({ clusterId: 'cluster_1' });
    expect(placeBody({})).toEqual({});
  });
});

describe('a new cluster', () => {
  const typed = {
    name: 'shared',
    flinkVersion: '1.20.5',
    targetId: 'target_1',
    imageVersion: '2.2.1',
    restUrl: 'http://flink:8081',
    taskManagers: 2,
    slots: 3,
  };
  const jars = [{ name: 'udf' }];
  const configuration = { 'rest.port': '1' };
  const connection = { authentication: { kind: 'none' as const } };
  const sent = (kind: 'local' | 'kubernetes' | 'standalone') => bodyOf({ ...typed, target: kind }, configuration, jars, connection);
  it('takes what belongs to its kind, and nothing that was typed for another', () => {
    const name = 'shared';
    expect(sent('local')).toEqual({ name, target: 'local', flinkVersion: '1.20.5', taskManagers: 2, slots: 3, configuration, jars });
    expect(sent('kubernetes')).toEqual({
      name,
      target: 'kubernetes',
      targetId: 'target_1',
      flinkVersion: '2.2.1',
      slots: 3,
      configuration,
    });
    expect(sent('standalone')).toEqual({ name, target: 'standalone', restUrl: 'http://flink:8081', connection });
  });
});
