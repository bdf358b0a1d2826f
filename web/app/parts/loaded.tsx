import type { UseQueryResult } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert';

interface Props<T> {
  query: UseQueryResult<T, unknown>;
  children: (data: T) => ReactNode;
}

/** Shows what a query brought: a skeleton first, its problem with a way to try again; old data stays visible under a problem. */
export function Loaded<T>({ query, children }: Props<T>) {
  if (query.data !== undefined) {
    return (
      <div className="stack-12">
        {query.isRefetchError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </div>
    );
  }
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  return <Skeleton active paragraph={{ rows: 4 }} />;
}
