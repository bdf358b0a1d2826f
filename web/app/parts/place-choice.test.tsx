// @vitest-environment jsdom
import '../../mock/setup';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen } from '@testing-library/react';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { clusters } from '../../mock/cluster-fixtures.mjs';
import { versions } from '../../mock/fixtures.mjs';
import { teamTargets } from '../../mock/target-fixtures.mjs';
import type { TeamTarget } from '../nouns';
import type { Place } from '../place';
import { writeStored } from '../preferences';
import { read } from '../queries/read';
import { startWords } from '../words';
import { PlaceChoice } from './place-choice';

beforeAll(() => {
  writeStored('language', 'en');
  startWords();
});

function shown(place: Place, targets: TeamTarget[]) {
  const onPlace = vi.fn();
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(read.clusters('demo').queryKey, { items: clusters });
  client.setQueryData(read.teamTargets('demo').queryKey, { items: targets });
  client.setQueryData(read.teamFlinkVersions('demo').queryKey, { items: versions });
  render(
    <QueryClientProvider client={client}>
      <PlaceChoice team="demo" place={place} onPlace={onPlace} fieldProblem={() => undefined} />
    </QueryClientProvider>,
  );
  return onPlace;
}

/** Opens the list and chooses the line with this text. */
function choose(text: string) {
  fireEvent.mouseDown(screen.getByRole('combobox'));
  fireEvent.click(screen.getByText(text));
}

const session = { clusterId: clusters[1]?.id ?? '' };
const [production] = teamTargets;

describe('the place of a job', () => {
  it('becomes a target as a whole, with the version of the cluster before', () => {
    const onPlace = shown(session, teamTargets);
    choose('production · flink-production');
    expect(onPlace).toHaveBeenCalledWith({ application: { targetId: production?.id, flinkVersion: '1.20.5' } });
  });
  it('is never a target where the team has none, and says who grants one', () => {
    shown(session, []);
    fireEvent.mouseDown(screen.getByRole('combobox'));
    expect(screen.queryByText('A cluster of its own, in the target')).toBeNull();
    expect(screen.getByText(/a platform admin grants it/)).toBeTruthy();
  });
  it('says when its target is gone', () => {
    shown({ application: { targetId: 'target_gone', flinkVersion: '2.2.1' } }, []);
    expect(screen.getByText('A target that is gone or not for the team')).toBeTruthy();
  });
});
