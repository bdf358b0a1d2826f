import { useQuery } from '@tanstack/react-query';
import { Card } from 'antd';
import { useTranslation } from 'react-i18next';
import type { JobException } from '../nouns';
import { Ago, Clock } from '../parts/ago';
import { CopyButton } from '../parts/copy';
import { Empty } from '../parts/empty';
import { FiguresBar } from '../parts/figures-bar';
import { Loaded } from '../parts/loaded';
import { read } from '../queries/read';
import type { TabProps } from './job';

function ExceptionCard({ exception }: { exception: JobException }) {
  const { t } = useTranslation();
  return (
    <Card size="small" data-testid="exception">
      <div className="stack-8">
        <div className="exception-cause">{exception.cause}</div>
        <div className="row quiet">
          {exception.at && (
            <span>
              <Clock at={exception.at} /> (<Ago at={exception.at} />)
            </span>
          )}
          {exception.task && <span>{t('exception.task', { task: exception.task })}</span>}
          {exception.location && <span>{exception.location}</span>}
          {exception.keptOf && <span className="chip">{t('exception.kept')}</span>}
          {exception.class && <code>{exception.class}</code>}
        </div>
        <details>
          <summary>
            {t('exception.trace')} <CopyButton text={exception.trace} />
          </summary>
          <pre className="trace">{exception.trace}</pre>
        </details>
      </div>
    </Card>
  );
}

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
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('exception.none')}</Empty>
          ) : (
            <div className="stack-8">
              {items.map((exception) => (
                <ExceptionCard key={`${exception.at}-${exception.task}-${exception.cause}`} exception={exception} />
              ))}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}
