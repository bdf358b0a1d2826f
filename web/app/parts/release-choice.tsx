import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { formatAgo } from '../format';
import type { ReleaseSummary } from '../nouns';
import { useNow } from '../now';
import { useLanguage } from '../preferences';

interface Props {
  releases: readonly ReleaseSummary[];
  value: number | undefined;
  onChange: (number: number) => void;
  /** The one that runs or ran last. */
  current?: number | undefined;
  id?: string;
  width?: number | string;
}

/** One release of a job, the newest first. */
export function ReleaseChoice({ releases, value, onChange, current, id, width = '100%' }: Props) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const options = releases.map((release) => ({
    value: release.number,
    search: `#${release.number} ${release.note}`,
    label: (
      <span className="release-option">
        <strong>#{release.number}</strong>
        {release.number === current && <span className="chip">{t('releases.current')}</span>}
        {release.overridden && <span className="chip chip-warning">{t('releases.overridden')}</span>}
        <span className="ellipsis">{release.note}</span>
        <span className="quiet">
          Flink {release.flinkVersion} · {formatAgo(Date.parse(release.createdAt), now, language)}
        </span>
      </span>
    ),
  }));
  return (
    <Select
      {...(id ? { id } : {})}
      data-testid="release-choice"
      style={{ width }}
      value={value ?? null}
      options={options}
      showSearch={{ optionFilterProp: 'search' }}
      onChange={(number) => number !== null && onChange(number)}
    />
  );
}
