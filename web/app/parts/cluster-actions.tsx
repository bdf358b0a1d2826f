import { CaretRightOutlined, DeleteOutlined, PauseOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Cluster } from '../nouns';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { ActionButton } from './action-button';
import { ProblemAlert } from './problem-alert';

interface Props {
  team: string;
  cluster: Cluster;
  withDelete?: boolean;
  onDeleted?: () => void;
}

/** Start and stop of a cluster; what the server refuses shows its reason. */
export function ClusterActions({ team, cluster, withDelete, onDeleted }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const fresh = () => {
    void queries.invalidateQueries({ queryKey: read.clusters(team).queryKey });
    void queries.invalidateQueries({ queryKey: read.cluster(team, cluster.id).queryKey });
  };
  const onError = (error: unknown) => {
    modal.error({ title: t('cluster.refused'), content: <ProblemAlert error={error} /> });
  };
  const start = useMutation({ mutationFn: () => write.startCluster(team, cluster.id), onSuccess: fresh, onError });
  const stop = useMutation({ mutationFn: () => write.stopCluster(team, cluster.id), onSuccess: fresh, onError });
  const remove = useMutation({
    mutationFn: () => write.deleteCluster(team, cluster.id),
    onSuccess: () => {
      fresh();
      onDeleted?.();
    },
    onError,
  });
  const { actions } = cluster;
  return (
    <span className="row">
      {actions.stop.allowed ? (
        <Popconfirm
          title={t('cluster.stopTitle', { name: cluster.name })}
          description={<div className="narrow-text">{t('cluster.stopMeans')}</div>}
          okText={t('cluster.stop')}
          okButtonProps={{ danger: true, 'data-testid': 'cluster-stop-confirm' }}
          cancelText={t('goBack')}
          onConfirm={() => stop.mutate()}
        >
          <ActionButton size="small" action={actions.stop} icon={<PauseOutlined />} loading={stop.isPending} data-testid="cluster-stop">
            {t('cluster.stop')}
          </ActionButton>
        </Popconfirm>
      ) : (
        <ActionButton
          size="small"
          action={actions.start}
          icon={<CaretRightOutlined />}
          loading={start.isPending}
          onClick={() => start.mutate()}
          data-testid="cluster-start"
        >
          {t('cluster.start')}
        </ActionButton>
      )}
      {withDelete && (
        <Popconfirm
          title={t('cluster.deleteTitle', { name: cluster.name })}
          description={<div className="narrow-text">{t('cluster.deleteMeans')}</div>}
          okText={t('cluster.delete')}
          okButtonProps={{ danger: true }}
          cancelText={t('goBack')}
          disabled={!actions.delete.allowed}
          onConfirm={() => remove.mutate()}
        >
          <ActionButton size="small" danger action={actions.delete} icon={<DeleteOutlined />} loading={remove.isPending}>
            {t('cluster.delete')}
          </ActionButton>
        </Popconfirm>
      )}
    </span>
  );
}
