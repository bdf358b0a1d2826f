import { CheckCircleFilled, CloseCircleFilled, LoadingOutlined, QuestionCircleFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Snapshot } from '../nouns';
import type { Tone } from '../theme';
import { ToneTag } from './label-tag';

const LOOKS: Record<Snapshot['state'], { tone: Tone; icon: ReactNode }> = {
  triggering: { tone: 'active', icon: <LoadingOutlined /> },
  complete: { tone: 'good', icon: <CheckCircleFilled /> },
  unverified: { tone: 'unknown', icon: <QuestionCircleFilled /> },
  failed: { tone: 'bad', icon: <CloseCircleFilled /> },
};

export function SnapshotTag({ state }: { state: Snapshot['state'] }) {
  const { t } = useTranslation();
  return (
    <ToneTag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
      {t(`snapshot.state.${state}`)}
    </ToneTag>
  );
}
