import { Button, Modal, Skeleton } from 'antd';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { useRunChoice } from '../queries/run-choice';
import type { StartChoice } from '../queries/write';
import { ProblemAlert } from './problem-alert';

interface Props {
  /** `start` or `replace`: names the dialog and its button for tests. */
  kind: 'start' | 'replace';
  title: string;
  okText: string;
  choice: ReturnType<typeof useRunChoice>;
  allowed: boolean;
  pending: boolean;
  onOk: (body: StartChoice) => void;
  onClose: () => void;
  children: ReactNode;
}

/** The dialog in which a run is chosen: one and the same while its choices are read and when they are there. */
export function RunDialog({ kind, title, okText, choice, allowed, pending, onOk, onClose, children }: Props) {
  const { t } = useTranslation();
  const ok = useRef<HTMLButtonElement>(null);
  const { ready } = choice;
  // A button that is disabled when the dialog opens cannot take the focus; the cross would have it.
  useEffect(() => {
    if (ready) ok.current?.focus();
  }, [ready]);
  return (
    <Modal
      open
      destroyOnHidden
      width={640}
      title={title}
      onCancel={onClose}
      cancelText={t('goBack')}
      footer={(_, { CancelBtn }) => (
        <>
          <CancelBtn />
          <Button
            ref={ok}
            type="primary"
            disabled={!choice.body || !allowed}
            loading={pending}
            data-testid={`${kind}-confirm`}
            onClick={() => choice.body && onOk(choice.body)}
          >
            {okText}
          </Button>
        </>
      )}
      wrapProps={{ 'data-testid': `${kind}-dialog` }}
    >
      <ProblemAlert error={choice.problem} />
      {!ready && !choice.problem && <Skeleton active />}
      {ready && <div className="stack-12">{children}</div>}
    </Modal>
  );
}
