import { useTranslation } from 'react-i18next';
import { type Job, LABELS, type Label } from '../nouns';
import { useDark } from '../preferences';
import { TONES } from '../theme';
import { iconOf, toneOf } from './label-tag';

interface Props {
  jobs: readonly Job[];
  selected: Label | undefined;
  onSelect: (label: Label | undefined) => void;
}

/** How many jobs are in which state; a tile is a filter. */
export function LabelTiles({ jobs, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const tones = TONES[useDark() ? 'dark' : 'light'];
  const counts = new Map<Label, number>();
  for (const job of jobs) counts.set(job.status.label, (counts.get(job.status.label) ?? 0) + 1);
  const shown = LABELS.filter((label) => label === selected || (counts.get(label) ?? 0) > 0);
  return (
    <fieldset className="tiles" aria-label={t('jobs.byState')}>
      <button type="button" className="tile" aria-pressed={selected === undefined} onClick={() => onSelect(undefined)}>
        <span className="tile-count figure">{jobs.length}</span>
        <span>{t('jobs.all')}</span>
      </button>
      {shown.map((label) => (
        <button
          type="button"
          key={label}
          className="tile"
          data-testid={`tile-${label}`}
          aria-pressed={selected === label}
          onClick={() => onSelect(selected === label ? undefined : label)}
        >
          <span className="tile-count figure">{counts.get(label) ?? 0}</span>
          <span className="tile-label">
            <span style={{ color: tones[toneOf(label)].text }}>{iconOf(label)}</span> {t(`label.${label}`)}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
