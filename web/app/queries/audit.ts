// The audit list, page by page. It is no part of the change feed: it is read when it is looked at.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { listAudit, listTeamAudit } from '../api/sdk.gen';

export interface AuditFilter {
  user?: string | undefined;
  noun?: string | undefined;
  team?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const PAGE = 100;

/** Pages of a team's list, or without a team of the whole platform's. */
export const auditPages = (team: string | undefined, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: [{ _id: 'listAudit', team }, filter],
    staleTime: 0,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam ? { before: pageParam } : {}) } as Record<string, string | number>;
      const { data } = team
        ? await listTeamAudit({ path: { team }, query, signal, throwOnError: true })
        : await listAudit({ query, signal, throwOnError: true });
      return data;
    },
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
