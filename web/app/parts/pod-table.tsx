import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ClusterPod } from '../nouns';

/** Kubernetes' word, with how it ended before and why it does not run. */
function PodState({ pod }: { pod: ClusterPod }) {
  const { t } = useTranslation();
  const ended = pod.exitCode == null ? '' : ` · ${t(pod.running ? 'pod.endedBefore' : 'cluster.exitCode', { code: pod.exitCode })}`;
  return (
    <>
      <span className={pod.cause || pod.phase === 'Failed' ? 'error-text' : undefined}>
        {pod.phase === 'Running' && !pod.running ? t('pod.notRunning') : pod.phase}
      </span>
      <span className="quiet">{ended}</span>
      {pod.cause && <div className="wrap-anywhere">{pod.cause}</div>}
    </>
  );
}

/** The pods of a cluster in Kubernetes, with why one does not run. */
export function PodTable({ pods }: { pods: ClusterPod[] }) {
  const { t } = useTranslation();
  return (
    <Table<ClusterPod>
      size="small"
      rowKey="name"
      data-testid="pods"
      dataSource={pods}
      tableLayout="fixed"
      pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: 720 }}
      columns={[
        { title: t('pod.role'), width: 108, dataIndex: 'role' },
        { title: t('pod.name'), width: '30%', render: (_, pod) => <code className="wrap-anywhere">{pod.name}</code> },
        { title: t('pod.state'), render: (_, pod) => <PodState pod={pod} /> },
        { title: t('pod.restarts'), width: 84, align: 'right', render: (_, pod) => <span className="figure">{pod.restarts}</span> },
      ]}
    />
  );
}
