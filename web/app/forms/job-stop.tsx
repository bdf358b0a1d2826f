import { useMutation } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, StopMode } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { StopChoice } from '../parts/stop-choice';
import { newKey, write } from '../queries/write';

/** Asks how to stop, then stops. While no savepoint can be taken, only cancel is offered. */
export function JobStop({ team, job, onClose }: { team: string; job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const { stop: stopping, cancel } = job.actions;
  const onlyCancel = !stopping.allowed && cancel.allowed;
  const [mode, setMode] = useState<StopMode>(onlyCancel ? 'cancel' : 'savepoint');
  const [key] = useState(newKey);
  const stop = useMutation({ mutationFn: () => write.stopJob({ team, job: job.id }, mode, key), onSuccess: onClose });
  const refused = mode === 'cancel' ? cancel : stopping;
  return (
    <Modal
      open
      destroyOnHidden
      width={560}
      title={t('stop.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => stop.mutate()}
      confirmLoading={stop.isPending}
      okText={t(`stop.do.${mode}`)}
      cancelText={t('goBack')}
      okButtonProps={{ autoFocus: true, danger: mode !== 'savepoint', disabled: !refused.allowed, 'data-testid': 'stop-confirm' }}
      wrapProps={{ 'data-testid': 'stop-dialog' }}
    >
      <div className="stack-12">
        <StopChoice value={mode} onChange={setMode} onlyCancel={onlyCancel} />
        {mode !== 'cancel' && <Alert type="info" showIcon title={t('stop.noAbort')} />}
        {(!refused.allowed || onlyCancel) && <Alert type="warning" showIcon title={stopping.reason || refused.reason} />}
        <ProblemAlert error={stop.error} />
      </div>
    </Modal>
  );
}
