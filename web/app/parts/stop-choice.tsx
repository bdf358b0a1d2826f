import { Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job, StopMode, Verdict } from '../nouns';

/** Whether the run can be ended in some way; where it cannot, why not. */
export const stopOf = ({ actions }: Job): Verdict => (actions.cancel.allowed && !actions.stop.allowed ? actions.cancel : actions.stop);

const MODES = ['savepoint', 'drain', 'cancel'] as const;

/** How a run is stopped, each way with what happens then. */
export function StopChoice({ value, onChange, onlyCancel }: { value: StopMode; onChange: (mode: StopMode) => void; onlyCancel?: boolean }) {
  const { t } = useTranslation();
  return (
    <Radio.Group
      className="radio-rows"
      value={value}
      onChange={(event) => onChange(event.target.value as StopMode)}
      data-testid="stop-choice"
    >
      {MODES.map((mode) => (
        <Radio key={mode} value={mode} disabled={onlyCancel === true && mode !== 'cancel'} data-testid={`stop-${mode}`}>
          {t(`stop.${mode}`)}
          <span className="quiet radio-note">{t(`stop.${mode}Means`)}</span>
        </Radio>
      ))}
    </Radio.Group>
  );
}
