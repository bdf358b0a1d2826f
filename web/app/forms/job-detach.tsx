import { useMutation } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { write } from '../queries/write';

/** Declares the live run gone, when nobody else can prove it. */
export function JobDetach({ team, job, onClose }: { team: string; job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const detach = useMutation({ mutationFn: () => write.detachJob({ team, job: job.id }), onSuccess: onClose });
  const may = job.actions.detach;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('detach.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => detach.mutate()}
      confirmLoading={detach.isPending}
      okText={t('detach.do')}
      cancelText={t('goBack')}
      okButtonProps={{ danger: true, disabled: !may.allowed, 'data-testid': 'detach-confirm' }}
    >
      <div className="stack-12">
        <Alert type={may.allowed ? 'warning' : 'info'} showIcon title={may.allowed ? t('detach.means') : may.reason} />
        <ProblemAlert error={detach.error} />
      </div>
    </Modal>
  );
}
