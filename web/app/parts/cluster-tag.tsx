import { CaretRightFilled, LoadingOutlined, PauseOutlined, WarningFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Cluster } from '../nouns';
import type { Tone } from '../theme';
import { ToneTag } from './label-tag';

type ClusterLabel = Cluster['status']['label'];

const LOOKS: Record<ClusterLabel, { tone: Tone; icon: ReactNode }> = {
  stopped: { tone: 'neutral', icon: <PauseOutlined /> },
  starting: { tone: 'active', icon: <LoadingOutlined /> },
  running: { tone: 'good', icon: <CaretRightFilled /> },
  unreachable: { tone: 'warning', icon: <WarningFilled /> },
  stopping: { tone: 'active', icon: <LoadingOutlined /> },
};

export function ClusterTag({ label, strong }: { label: ClusterLabel; strong?: boolean }) {
  const { t } = useTranslation();
  return (
    <span data-testid="cluster-label" data-label={label}>
      <ToneTag tone={LOOKS[label].tone} icon={LOOKS[label].icon} {...(strong ? { strong } : {})}>
        {t(`clusterLabel.${label}`)}
      </ToneTag>
    </span>
  );
}
