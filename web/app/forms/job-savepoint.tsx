import { useMutation } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { newKey, write } from '../queries/write';

/** Takes a savepoint; the job goes on running. */
export function JobSavepoint({ team, job, onClose }: { team: string; job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const take = useMutation({ mutationFn: () => write.savepointJob({ team, job: job.id }, key), onSuccess: onClose });
  const may = job.actions.savepoint;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('savepoint.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => take.mutate()}
      confirmLoading={take.isPending}
      okText={t('savepoint.do')}
      cancelText={t('goBack')}
      okButtonProps={{ autoFocus: true, disabled: !may.allowed, 'data-testid': 'savepoint-confirm' }}
      wrapProps={{ 'data-testid': 'savepoint-dialog' }}
    >
      <div className="stack-12">
        <p>{t('savepoint.means')}</p>
        <p className="quiet">{t('savepoint.noAbort')}</p>
        {!may.allowed && <Alert type="warning" showIcon title={may.reason} />}
        <ProblemAlert error={take.error} />
      </div>
    </Modal>
  );
}
