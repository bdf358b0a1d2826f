import {
  CaretRightFilled,
  CheckCircleFilled,
  CloseCircleFilled,
  EditOutlined,
  LoadingOutlined,
  PauseOutlined,
  QuestionCircleFilled,
  SyncOutlined,
} from '@ant-design/icons';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Label } from '../nouns';
import { useDark } from '../preferences';
import { TONES, type Tone } from '../theme';

const LOOKS: Record<Label, { tone: Tone; icon: ReactNode }> = {
  draft: { tone: 'neutral', icon: <EditOutlined /> },
  starting: { tone: 'active', icon: <LoadingOutlined /> },
  running: { tone: 'good', icon: <CaretRightFilled /> },
  restarting: { tone: 'warning', icon: <SyncOutlined spin /> },
  stopping: { tone: 'active', icon: <LoadingOutlined /> },
  stopped: { tone: 'neutral', icon: <PauseOutlined /> },
  finished: { tone: 'neutral', icon: <CheckCircleFilled /> },
  failed: { tone: 'bad', icon: <CloseCircleFilled /> },
  ended: { tone: 'unknown', icon: <QuestionCircleFilled /> },
};

export const toneOf = (label: Label): Tone => LOOKS[label].tone;
export const iconOf = (label: Label): ReactNode => LOOKS[label].icon;

/** A word with colour and icon: meaning never hangs on the colour alone. */
export function ToneTag({ tone, icon, children, strong }: { tone: Tone; icon?: ReactNode; children: ReactNode; strong?: boolean }) {
  const ink = TONES[useDark() ? 'dark' : 'light'][tone];
  const style: CSSProperties = { color: ink.text, background: ink.ground, borderColor: ink.edge };
  return (
    <span className={strong ? 'tone-tag tone-tag-strong' : 'tone-tag'} style={style}>
      {icon}
      <span>{children}</span>
    </span>
  );
}

/** The job's label. The page has one with the test id `job-label`; `data-label` is the server's word. */
export function LabelTag({ label, strong, testId }: { label: Label; strong?: boolean; testId?: string }) {
  const { t } = useTranslation();
  const look = LOOKS[label];
  return (
    <span data-testid={testId} data-label={label}>
      <ToneTag tone={look.tone} icon={look.icon} {...(strong ? { strong } : {})}>
        {t(`label.${label}`)}
      </ToneTag>
    </span>
  );
}
