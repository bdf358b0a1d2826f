import { useQuery } from '@tanstack/react-query';
import { Alert, Card, Table, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatCount, formatDuration, NOTHING } from '../format';
import type { Checkpoint, Checkpoints, Snapshot } from '../nouns';
import { ActionButton } from '../parts/action-button';
import { Ago, Clock } from '../parts/ago';
import { CopyText } from '../parts/copy';
import { Empty } from '../parts/empty';
import { Facts } from '../parts/facts';
import { FiguresBar } from '../parts/figures-bar';
import { Loaded } from '../parts/loaded';
import { SnapshotTag } from '../parts/snapshot-tag';
import { usable } from '../parts/state-choice';
import { useLanguage } from '../preferences';
import { read } from '../queries/read';
import type { TabProps } from './job';

function Snapshots({ job, snapshots, change }: Pick<TabProps, 'job' | 'change'> & { snapshots: readonly Snapshot[] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const start = job.actions.start;
  if (snapshots.length === 0) return <Empty>{t('snapshot.none')}</Empty>;
  return (
    <Table<Snapshot>
      size="small"
      rowKey="id"
      data-testid="snapshots"
      dataSource={[...snapshots]}
      pagination={{ pageSize: 20, hideOnSinglePage: true, size: 'small' }}
      tableLayout="fixed"
      scroll={{ x: 900 }}
      columns={[
        {
          title: t('snapshot.state'),
          width: 130,
          render: (_, row) => (
            <Tooltip title={row.error ?? (row.state === 'unverified' ? t('snapshot.unverifiedMeans') : undefined)}>
              <span data-testid="snapshot-state" data-state={row.state}>
                <SnapshotTag state={row.state} />
              </span>
            </Tooltip>
          ),
        },
        { title: t('snapshot.kind'), width: 110, render: (_, row) => t(`snapshot.kind.${row.kind}`) },
        { title: t('snapshot.taken'), width: 110, render: (_, row) => <Ago at={row.completedAt ?? row.createdAt} /> },
        { title: t('snapshot.size'), width: 96, align: 'right', render: (_, row) => formatBytes(row.sizeBytes, language) },
        { title: t('release'), width: 76, align: 'right', render: (_, row) => `#${row.releaseNumber}` },
        {
          title: t('snapshot.path'),
          render: (_, row) => (
            <div>
              <CopyText text={row.path ?? row.directory} />
              {row.error && <div className="error-text wrap">{row.error}</div>}
            </div>
          ),
        },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 136,
          fixed: 'right',
          align: 'right',
          render: (_, row) =>
            usable(row) && (
              <ActionButton
                size="small"
                action={start}
                data-testid="start-from"
                onClick={() => change({ dialog: 'start', snapshot: row.id })}
              >
                {t('snapshot.startFrom')}
              </ActionButton>
            ),
        },
      ]}
    />
  );
}

function History({ checkpoints }: { checkpoints: Checkpoints }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { latest } = checkpoints;
  return (
    <div className="stack-12">
      <Facts
        facts={[
          [t('checkpoint.completed'), formatCount(checkpoints.completed, language)],
          [t('checkpoint.inProgress'), formatCount(checkpoints.inProgress, language)],
          [t('checkpoint.failed'), formatCount(checkpoints.failed, language)],
          [t('checkpoint.latest'), latest ? <Ago key="latest" at={latest.completedAt ?? latest.triggeredAt} /> : t('checkpoint.noneYet')],
          checkpoints.restoredFrom ? [t('run.restoredFrom'), <CopyText key="from" text={checkpoints.restoredFrom} />] : undefined,
        ]}
      />
      <Table<Checkpoint>
        size="small"
        rowKey="id"
        dataSource={checkpoints.history}
        pagination={{ pageSize: 15, hideOnSinglePage: true, size: 'small' }}
        tableLayout="fixed"
        scroll={{ x: 760 }}
        locale={{ emptyText: t('checkpoint.noneYet') }}
        columns={[
          { title: t('checkpoint.id'), dataIndex: 'id', width: 70 },
          {
            title: t('checkpoint.status'),
            width: 140,
            render: (_, row) => (
              <>
                <code>{row.status}</code>
                {row.savepoint && <span className="chip">{t('snapshot.kind.savepoint')}</span>}
              </>
            ),
          },
          { title: t('checkpoint.triggered'), width: 110, render: (_, row) => <Clock at={row.triggeredAt} /> },
          {
            title: t('checkpoint.duration'),
            width: 90,
            align: 'right',
            render: (_, row) => (row.durationMs == null ? NOTHING : formatDuration(row.durationMs, language)),
          },
          { title: t('snapshot.size'), width: 96, align: 'right', render: (_, row) => formatBytes(row.sizeBytes, language) },
          {
            title: t('checkpoint.where'),
            render: (_, row) =>
              row.failure ? (
                <span className="error-text wrap">{row.failure}</span>
              ) : row.path ? (
                <span>
                  <CopyText text={row.path} /> {row.discarded && <span className="quiet">{t('checkpoint.discarded')}</span>}
                </span>
              ) : (
                NOTHING
              ),
          },
        ]}
      />
    </div>
  );
}

/** Snapshots that a start can use, and the checkpoints of the live run. */
export function JobCheckpoints({ team, job, search, change }: TabProps) {
  const { t } = useTranslation();
  const live = job.run != null && !job.run.endedAt;
  const snapshots = useQuery(read.snapshots(team, job.id));
  const checkpoints = useQuery({ ...read.checkpoints(team, job.id), enabled: live });
  return (
    <div className="stack-12">
      <Card
        size="small"
        title={t('snapshot.title')}
        extra={
          <span className="row">
            <ActionButton size="small" action={job.actions.savepoint} onClick={() => change({ dialog: 'savepoint' })}>
              {t('savepoint.do')}
            </ActionButton>
          </span>
        }
      >
        <Loaded query={snapshots}>{(found) => <Snapshots job={job} snapshots={found.items} change={change} />}</Loaded>
      </Card>
      <Card
        size="small"
        title={t('checkpoint.title')}
        extra={
          live && (
            <FiguresBar
              at={checkpoints.dataUpdatedAt}
              loading={checkpoints.isFetching}
              refresh={() => void checkpoints.refetch()}
              follow={search.follow === true}
              onFollow={(follow) => change({ follow: follow || undefined }, true)}
            />
          )
        }
      >
        {live ? (
          <Loaded query={checkpoints}>{(found) => <History checkpoints={found} />}</Loaded>
        ) : (
          <Alert type="info" showIcon title={t('checkpoint.notLive')} />
        )}
      </Card>
    </div>
  );
}
