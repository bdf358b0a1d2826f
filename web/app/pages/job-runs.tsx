import { useQuery } from '@tanstack/react-query';
import { Card, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Evidence, Run } from '../nouns';
import { Clock, Lasting } from '../parts/ago';
import { Empty } from '../parts/empty';
import { ExceptionList } from '../parts/exception-list';
import { Loaded } from '../parts/loaded';
import { fileAt, LogReader, placeOf } from '../parts/log-reader';
import { read } from '../queries/read';
import type { TabProps } from './job';

function KeptLogs({ team, job, search, change, kept }: TabProps & { kept: Evidence }) {
  const { t } = useTranslation();
  const place = placeOf(kept.logs, search.process, search.file);
  const readable = place !== undefined && fileAt(kept.logs, place)?.missing == null;
  const tail = useQuery({ ...read.keptLog(team, job.id, kept.runId, place?.process ?? '', place?.file ?? ''), enabled: readable });
  if (!place) return <Empty>{t('runs.noLogs')}</Empty>;
  return (
    <LogReader
      files={kept.logs}
      place={place}
      tail={tail}
      find={search.find ?? ''}
      onPlace={({ process, file }) => change({ process, file }, true)}
      onFind={(find) => change({ find: find || undefined }, true)}
    />
  );
}

/** What was kept of a run's end: why it ended, its exceptions, the ends of its logs. */
function RunEvidence({ run, ...tab }: TabProps & { run: Run }) {
  const { t } = useTranslation();
  const kept = useQuery({ ...read.evidence(tab.team, tab.job.id, run.id), enabled: run.endedAt != null });
  if (!run.endedAt) return <Empty>{t('runs.live')}</Empty>;
  return (
    <div className="stack-12" data-testid="run-evidence">
      <Card size="small" title={t('runs.why')}>
        <p className="wrap exception-cause">{run.reason}</p>
        {run.source && (
          <p className="quiet" data-testid="run-source">
            {t('run.source')}: {t(`source.${run.source}`)}
          </p>
        )}
        {run.restorePath && (
          <p className="wrap quiet">
            {t('run.restoredFrom')}: {run.restorePath}
          </p>
        )}
      </Card>
      <Loaded query={kept}>
        {(found) => (
          <>
            {found.missing && <p className="wrap quiet">{found.missing}</p>}
            {found.exceptions.length > 0 && <ExceptionList exceptions={found.exceptions} />}
            <Card size="small" title={t('runs.logs')}>
              <KeptLogs {...tab} kept={found} />
            </Card>
          </>
        )}
      </Loaded>
    </div>
  );
}

/** All runs of the job, newest first; of the chosen one what was kept of its end. */
export function JobRuns(props: TabProps) {
  const { t } = useTranslation();
  const { team, job, search, change } = props;
  const runs = useQuery(read.runs(team, job.id));
  return (
    <Loaded query={runs}>
      {({ items }) => {
        const chosen = items.find((run) => run.id === search.run) ?? items.find((run) => run.endedAt != null);
        if (items.length === 0) return <Empty>{t('runs.none')}</Empty>;
        return (
          <div className="stack-12">
            <Table<Run>
              size="small"
              rowKey="id"
              data-testid="runs"
              dataSource={[...items]}
              tableLayout="fixed"
              scroll={{ x: 760 }}
              pagination={{ pageSize: 8, hideOnSinglePage: true, showSizeChanger: false, size: 'small' }}
              rowClassName={(run) => (run.id === chosen?.id ? 'ant-table-row-selected' : '')}
              onRow={(run) => ({ onClick: () => change({ run: run.id, process: undefined, file: undefined, find: undefined }) })}
              columns={[
                {
                  title: t('run.started'),
                  width: 150,
                  render: (_, run) => (
                    <button
                      type="button"
                      className="link"
                      data-testid="run"
                      data-outcome={run.outcome ?? 'live'}
                      aria-pressed={run.id === chosen?.id}
                    >
                      <Clock at={run.startedAt} />
                    </button>
                  ),
                },
                { title: t('run.lasting'), width: 120, render: (_, run) => <Lasting from={run.startedAt} to={run.endedAt} /> },
                { title: t('runs.release'), width: 80, align: 'right', dataIndex: 'releaseNumber' },
                {
                  title: t('run.attempt'),
                  width: 190,
                  ellipsis: true,
                  render: (_, run) => (run.cause === 'restart' ? t('run.attemptByPolicy', { attempt: run.attempt }) : run.attempt),
                },
                {
                  title: t('run.outcome'),
                  width: 180,
                  ellipsis: true,
                  render: (_, run) => (run.outcome ? t(`outcome.${run.outcome}`) : t('runs.runs')),
                },
                { title: t('runs.why'), dataIndex: 'reason', ellipsis: true },
              ]}
            />
            {chosen ? <RunEvidence key={chosen.id} {...props} run={chosen} /> : <Empty>{t('runs.live')}</Empty>}
          </div>
        );
      }}
    </Loaded>
  );
}
