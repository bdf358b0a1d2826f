import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Cluster } from '../nouns';
import { ConnectionFields, ConnectionTry, connectionOf, textOf } from '../parts/connection-fields';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Changes how the address of a standalone cluster is spoken to; secrets that are not typed stay. */
export function ClusterConnection({ team, cluster, onClose }: { team: string; cluster: Cluster; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState(() => textOf(cluster.connection));
  const set = useMutation({
    mutationFn: () => write.setConnection(team, cluster.id, connectionOf(text)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.cluster(team, cluster.id).queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      width={600}
      title={t('connection.title', { name: cluster.name })}
      onCancel={onClose}
      onOk={() => set.mutate()}
      confirmLoading={set.isPending}
      okText={t('connection.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'connection-confirm' }}
      wrapProps={{ 'data-testid': 'connection-dialog' }}
    >
      <Form layout="vertical" requiredMark={false}>
        <p className="quiet mono form-lead">{cluster.restUrl}</p>
        <ConnectionFields text={text} onChange={setText} stored={cluster.connection} error={set.error} />
        <div className="stack-8">
          <ConnectionTry key={JSON.stringify(text)} ask={() => write.testConnection(team, cluster.id, connectionOf(text))} />
          <ProblemAlert error={set.error} />
        </div>
      </Form>
    </Modal>
  );
}
