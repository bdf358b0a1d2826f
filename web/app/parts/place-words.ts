// Names of clusters and targets by their ids, for texts that compare drafts and releases.
import { useQuery } from '@tanstack/react-query';
import { read } from '../queries/read';

/** The name; the id itself of what is gone. */
export function usePlaceName(team: string): (id: string) => string {
  const clusters = useQuery(read.clusters(team));
  const targets = useQuery(read.teamTargets(team));
  return (id) => [...(clusters.data?.items ?? []), ...(targets.data?.items ?? [])].find((one) => one.id === id)?.name ?? id;
}
