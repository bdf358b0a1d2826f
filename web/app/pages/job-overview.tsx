import { useQuery } from '@tanstack/react-query';
import { Card } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatDuration } from '../format';
import type { Checkpoints, Graph, Job } from '../nouns';
import { ActionButton } from '../parts/action-button';
import { Ago, Clock, Lasting } from '../parts/ago';
import { CopyText } from '../parts/copy';
import { Empty } from '../parts/empty';
import { Facts } from '../parts/facts';
import { FiguresBar } from '../parts/figures-bar';
import { Loaded } from '../parts/loaded';
import { OperationCard } from '../parts/operation-card';
import { VertexTable } from '../parts/vertex-table';
import { useLanguage } from '../preferences';
import { read } from '../queries/read';
import type { TabProps } from './job';

const VertexGraph = lazy(() => import('../parts/vertex-graph').then((part) => ({ default: part.VertexGraph })));

function RunFacts({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { run } = job;
  if (!run) return null;
  return (
    <Facts
      facts={[
        [t('run.started'), <Clock key="started" at={run.startedAt} />],
        run.endedAt ? [t('run.ended'), <Clock key="ended" at={run.endedAt} />] : undefined,
        [t('run.lasting'), <Lasting key="lasting" from={run.startedAt} to={run.endedAt} />],
        run.outcome ? [t('run.outcome'), t(`outcome.${run.outcome}`)] : undefined,
        run.source ? [t('run.source'), t(`source.${run.source}`)] : undefined,
        [t('run.attempt'), run.cause === 'restart' ? t('run.attemptByPolicy', { attempt: run.attempt }) : String(run.attempt)],
        run.parallelism ? [t('run.parallelism'), String(run.parallelism)] : undefined,
        [t('run.flinkJobId'), <CopyText key="id" text={run.flinkJobId} />],
        run.restorePath ? [t('run.restoredFrom'), <CopyText key="path" text={run.restorePath} />] : undefined,
      ]}
    />
  );
}

function LatestCheckpoint({ checkpoints }: { checkpoints: Checkpoints }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { latest } = checkpoints;
  return (
    <Facts
      facts={[
        [t('checkpoint.latest'), latest ? <Ago key="ago" at={latest.completedAt ?? latest.triggeredAt} /> : t('checkpoint.noneYet')],
        latest ? [t('snapshot.size'), formatBytes(latest.sizeBytes, language)] : undefined,
        latest?.durationMs != null ? [t('checkpoint.duration'), formatDuration(latest.durationMs, language)] : undefined,
        [t('checkpoint.counts'), t('checkpoint.countsText', { completed: checkpoints.completed, failed: checkpoints.failed })],
        checkpoints.restoredFrom ? [t('run.restoredFrom'), <CopyText key="from" text={checkpoints.restoredFrom} />] : undefined,
      ]}
    />
  );
}

function GraphView({ graph }: { graph: Graph }) {
  const { t } = useTranslation();
  if (graph.vertices.length === 0) return <Empty>{t('graph.none')}</Empty>;
  return (
    <div className="stack-12">
      <Suspense fallback={<div className="graph" />}>
        <VertexGraph vertices={graph.vertices} />
      </Suspense>
      <VertexTable vertices={graph.vertices} />
    </div>
  );
}

/** What the job does now. */
export function JobOverview({ team, job, search, change }: TabProps) {
  const { t } = useTranslation();
  const live = job.run !== null && job.run !== undefined && !job.run.endedAt;
  // Before Flink has seen the job there is nothing to ask it for: the cluster of an application may not be up yet.
  const seen = live && Boolean(job.status.flinkState ?? job.run?.runningAt);
  const graph = useQuery({ ...read.graph(team, job.id), enabled: seen });
  const checkpoints = useQuery({ ...read.checkpoints(team, job.id), enabled: seen });
  const releases = useQuery(read.releases(team, job.id));
  const open = [job.operation, job.savepoint].filter((operation) => operation != null);
  const refresh = () => {
    void graph.refetch();
    void checkpoints.refetch();
  };
  return (
    <div className="stack-12">
      {open.map((operation) => (
        <Card key={operation.id} size="small">
          <OperationCard team={team} operation={operation} releases={releases.data?.items} />
        </Card>
      ))}
      {!job.run && open.length === 0 && (
        <Empty
          action={
            <ActionButton type="primary" action={job.actions.start} onClick={() => change({ dialog: 'start' })}>
              {t('job.start')}
            </ActionButton>
          }
        >
          {job.actions.start.allowed ? t('overview.neverRan') : job.actions.start.reason}
        </Empty>
      )}
      {job.run?.reason && job.run.reason !== job.status.sentence && (
        <Card size="small" title={t('overview.how')}>
          <p className="wrap">{job.run.reason}</p>
        </Card>
      )}
      {seen && (
        <Card
          size="small"
          title={t('graph.title')}
          extra={
            <FiguresBar
              at={graph.dataUpdatedAt}
              loading={graph.isFetching}
              refresh={refresh}
              follow={search.follow === true}
              onFollow={(follow) => change({ follow: follow || undefined }, true)}
            />
          }
        >
          <Loaded query={graph}>{(found) => <GraphView graph={found} />}</Loaded>
        </Card>
      )}
      <div className="columns">
        {seen && (
          <Card size="small" title={t('tab.checkpoints')}>
            <Loaded query={checkpoints}>{(found) => <LatestCheckpoint checkpoints={found} />}</Loaded>
          </Card>
        )}
        {job.run && (
          <Card size="small" title={live ? t('run.this') : t('run.last')}>
            <RunFacts job={job} />
          </Card>
        )}
      </div>
    </div>
  );
}
