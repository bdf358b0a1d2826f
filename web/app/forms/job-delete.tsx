import { useMutation } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { newKey, write } from '../queries/write';

interface Props {
  team: string;
  job: Job;
  onClose: () => void;
  onDeleted: () => void;
}

/** Deletes a job once its name was typed. */
export function JobDelete({ team, job, onClose, onDeleted }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [key] = useState(newKey);
  const remove = useMutation({ mutationFn: () => write.deleteJob({ team, job: job.id }, key), onSuccess: onDeleted });
  const may = job.actions.delete;
  const ready = may.allowed && typed === job.name;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('delete.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => remove.mutate()}
      confirmLoading={remove.isPending}
      okText={t('delete.do')}
      cancelText={t('goBack')}
      okButtonProps={{ danger: true, disabled: !ready, 'data-testid': 'delete-confirm' }}
      wrapProps={{ 'data-testid': 'delete-dialog' }}
    >
      <div className="stack-12">
        {!may.allowed && <Alert type="warning" showIcon title={may.reason} />}
        <p>{t('delete.means')}</p>
        <label htmlFor="delete-name">
          {t('delete.type')} <code>{job.name}</code>
        </label>
        <Input
          id="delete-name"
          value={typed}
          autoFocus
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          onPressEnter={() => ready && remove.mutate()}
        />
        <ProblemAlert error={remove.error} />
      </div>
    </Modal>
  );
}
