import { CheckCircleFilled, ClockCircleFilled, CloseCircleFilled, LoadingOutlined, MinusCircleFilled } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Popconfirm } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation, OperationState, ReleaseSummary } from '../nouns';
import { write } from '../queries/write';
import type { Tone } from '../theme';
import { Ago, Lasting } from './ago';
import { ToneTag } from './label-tag';
import { useDescribe } from './operation-words';
import { ProblemAlert } from './problem-alert';
import { Steps } from './steps';

const LOOKS: Record<OperationState, { tone: Tone; icon: ReactNode }> = {
  running: { tone: 'active', icon: <LoadingOutlined /> },
  succeeded: { tone: 'good', icon: <CheckCircleFilled /> },
  failed: { tone: 'bad', icon: <CloseCircleFilled /> },
  cancelled: { tone: 'neutral', icon: <MinusCircleFilled /> },
  superseded: { tone: 'neutral', icon: <ClockCircleFilled /> },
};

export function OperationTag({ state }: { state: OperationState }) {
  const { t } = useTranslation();
  return (
    <ToneTag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
      {t(`operation.state.${state}`)}
    </ToneTag>
  );
}

function StopWaiting({ team, operation }: { team: string; operation: Operation }) {
  const { t } = useTranslation();
  const stop = useMutation({ mutationFn: () => write.cancelOperation(team, operation.id) });
  return (
    <>
      <Popconfirm
        title={t('operation.stopWaiting')}
        description={<div className="narrow-text">{t('operation.stopWaitingMeans')}</div>}
        okText={t('operation.stopWaiting')}
        cancelText={t('goBack')}
        onConfirm={() => stop.mutate()}
      >
        <Button size="small" loading={stop.isPending}>
          {t('operation.stopWaiting')}
        </Button>
      </Popconfirm>
      <ProblemAlert error={stop.error} />
    </>
  );
}

interface Props {
  team: string;
  operation: Operation;
  /** To name releases by their number. */
  releases?: readonly ReleaseSummary[] | undefined;
  children?: ReactNode;
}

/** One operation: what, how far, who, how long; its error with the hint first; its steps. */
export function OperationCard({ team, operation, releases, children }: Props) {
  const { t } = useTranslation();
  const describe = useDescribe(releases);
  const open = operation.state === 'running';
  return (
    <article className="operation" data-testid="operation" data-kind={operation.kind} data-state={operation.state}>
      <header>
        <strong>{describe(operation)}</strong>
        <OperationTag state={operation.state} />
        <span className="quiet">
          <Lasting from={operation.createdAt} to={operation.endedAt} /> · <Ago at={operation.createdAt} />
          {operation.requestedBy && <> · {t('operation.by', { who: operation.requestedBy.name })}</>}
          {open && (
            <>
              {' · '}
              {t('operation.givenUp')} <Lasting from={Date.now()} to={operation.deadlineAt} />
            </>
          )}
        </span>
        <span className="grow" />
        {open && <StopWaiting team={team} operation={operation} />}
      </header>
      {operation.error && (
        <Alert
          type="error"
          showIcon
          title={operation.error.hint || operation.error.message}
          description={operation.error.hint ? operation.error.message : undefined}
        />
      )}
      <Steps operation={operation} />
      {children}
    </article>
  );
}
