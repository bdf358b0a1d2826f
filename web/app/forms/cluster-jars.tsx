import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ArtifactRef, Cluster } from '../nouns';
import { JarList } from '../parts/jar-choice';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Changes the jars of a cluster's next start. */
export function ClusterJars({ team, cluster, onClose }: { team: string; cluster: Cluster; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [jars, setJars] = useState<ArtifactRef[]>(() => cluster.jars.map(({ name, version }) => ({ name, version })));
  const set = useMutation({
    mutationFn: () => write.setClusterJars(team, cluster.id, jars),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.cluster(team, cluster.id).queryKey });
      onClose();
    },
  });
  const runs = cluster.look.processes.some((process) => process.pid != null);
  return (
    <Modal
      open
      destroyOnHidden
      title={t('clusterJars.title', { name: cluster.name })}
      onCancel={onClose}
      onOk={() => set.mutate()}
      confirmLoading={set.isPending}
      okText={t('clusterJars.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'cluster-jars-confirm' }}
      wrapProps={{ 'data-testid': 'cluster-jars-dialog' }}
    >
      <div className="stack-12">
        <p className="quiet">{t('clusterJars.means')}</p>
        <JarList team={team} jars={jars} onChange={setJars} readOnly={false} />
        {runs && <Alert type="info" showIcon title={t('clusterJars.atNextStart')} />}
        <ProblemAlert error={set.error} />
      </div>
    </Modal>
  );
}
