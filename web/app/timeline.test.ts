import { expect, it } from 'vitest';
import { events, operations } from '../mock/job-fixtures.mjs';
import { timeline } from './timeline';

it('puts events into their operation and all others between, newest first', () => {
  const moments = timeline(operations, events);
  expect(moments.map((moment) => (moment.kind === 'operation' ? moment.operation.kind : moment.event.code))).toEqual([
    'savepoint',
    'release_made',
    'checkpoint_first',
    'start',
    'stop',
  ]);
  const start = moments.find((moment) => moment.kind === 'operation' && moment.operation.kind === 'start');
  expect(start?.kind === 'operation' && start.events.map((event) => event.code)).toEqual(['run_running']);
});

it('shows an event whose operation is too old to be listed', () => {
  expect(timeline([], events)).toHaveLength(events.length);
});
