import { CheckCircleFilled, CloseCircleFilled, LoadingOutlined, MinusCircleFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation, Step } from '../nouns';
import { useDark } from '../preferences';
import { TONES } from '../theme';
import { Clock, Lasting } from './ago';

const KNOWN_STEPS = [
  'wait_for_cluster',
  'submit',
  'wait_until_running',
  'savepoint',
  'stop',
  'cancel',
  'wait_until_ended',
  'launch',
  'wait_until_ready',
  'terminate',
  'delete',
] as const;
type KnownStep = (typeof KNOWN_STEPS)[number];

const isKnown = (name: string): name is KnownStep => KNOWN_STEPS.some((known) => known === name);

function StepMark({ step, last, operation }: { step: Step; last: boolean; operation: Operation }): ReactNode {
  const { t } = useTranslation();
  const tones = TONES[useDark() ? 'dark' : 'light'];
  if (last && operation.state === 'failed') return <CloseCircleFilled style={{ color: tones.bad.text }} aria-label={t('step.failed')} />;
  if (step.endedAt) return <CheckCircleFilled style={{ color: tones.good.text }} aria-label={t('step.done')} />;
  if (operation.state === 'running') return <LoadingOutlined style={{ color: tones.active.text }} aria-label={t('step.running')} />;
  return <MinusCircleFilled style={{ color: tones.neutral.text }} aria-label={t('step.left')} />;
}

/** The steps of an operation with their times; the last one ticks while it is worked on. */
export function Steps({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  if (operation.steps.length === 0) return <div className="quiet">{t('step.none')}</div>;
  return (
    <ol className="steps" data-testid="steps">
      {operation.steps.map((step, index) => (
        <li key={`${step.name}-${step.startedAt}`}>
          <StepMark step={step} last={index === operation.steps.length - 1} operation={operation} />
          <span className="step-name">{isKnown(step.name) ? t(`step.name.${step.name}`) : step.name}</span>
          <span className="step-time">
            <Lasting from={step.startedAt} to={step.endedAt ?? operation.endedAt} />
          </span>
          <span className="step-detail">{step.detail}</span>
          <span className="step-clock">
            <Clock at={step.startedAt} />
          </span>
        </li>
      ))}
    </ol>
  );
}
