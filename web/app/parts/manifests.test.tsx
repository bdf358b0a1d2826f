import { expect, test } from 'vitest';
import { manifests } from '../../mock/manifest-fixtures.mjs';
import { items } from './manifests';

test('what differs stands first, and nothing is lost', () => {
  const compared = items(manifests, 'compare');
  expect(compared.map(({ change }) => change)).toEqual(['changed', 'added', 'unchanged', 'unchanged', 'unchanged']);
  expect(compared[0]?.text).toContain('+    "execution.checkpointing.interval": "30 s"');
  expect(new Set(compared.map(({ key }) => key))).toEqual(new Set(items(manifests, 'objects').map(({ key }) => key)));
  const { comparison: _, ...first } = manifests;
  expect(items(first, 'compare')).toEqual([]);
});
