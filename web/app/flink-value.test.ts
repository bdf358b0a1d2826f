import { expect, it } from 'vitest';
import { sameValue } from './flink-value';

it.each([
  ['30 s', '30000 ms', true],
  ['1 h', '60min', true],
  ['1 day', '24h', true],
  ['1024 kb', '1 mb', true],
  ['EXACTLY_ONCE', 'exactly_once', true],
  ['30 s', '31 s', false],
  ['5', '5000', false],
  ['file:///a', 'file:///b', false],
])('%s and %s are the same: %s', (a, b, same) => {
  expect(sameValue(a, b)).toBe(same);
});
