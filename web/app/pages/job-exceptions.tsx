import { useQuery } from '@tanstack/react-query';
import { Card } from 'antd';
import { useTranslation } from 'react-i18next';
import { Empty } from '../parts/empty';
import { ExceptionList } from '../parts/exception-list';
import { FiguresBar } from '../parts/figures-bar';
import { Loaded } from '../parts/loaded';
import { read } from '../queries/read';
import type { TabProps } from './job';

/** Exceptions of the newest run, newest first, each with its cause first. */
export function JobExceptions({ team, job, search, change }: TabProps) {
  const { t } = useTranslation();
  const exceptions = useQuery({ ...read.exceptions(team, job.id), enabled: job.run != null });
  if (!job.run) return <Empty>{t('exception.neverRan')}</Empty>;
  return (
    <div className="stack-12">
      <FiguresBar
        at={exceptions.dataUpdatedAt}
        loading={exceptions.isFetching}
        refresh={() => void exceptions.refetch()}
        follow={search.follow === true}
        onFollow={(follow) => change({ follow: follow || undefined }, true)}
      />
      {job.run.reason && job.run.reason !== job.status.sentence && job.status.label === 'failed' && (
        <Card size="small" title={t('overview.how')}>
          <p className="wrap">{job.run.reason}</p>
        </Card>
      )}
      <Loaded query={exceptions}>
        {({ items }) => (items.length === 0 ? <Empty>{t('exception.none')}</Empty> : <ExceptionList exceptions={items} />)}
      </Loaded>
    </div>
  );
}
