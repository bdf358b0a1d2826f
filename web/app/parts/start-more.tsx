import { Collapse, InputNumber, Radio } from 'antd';
import { useTranslation } from 'react-i18next';

export interface MoreValue {
  parallelism?: number;
  claimMode: 'NO_CLAIM' | 'CLAIM';
}

interface Props {
  value: MoreValue;
  onChange: (value: MoreValue) => void;
  withClaim: boolean;
  problem?: string | undefined;
}

/** What a start may choose beside the three questions; folded until it is wanted. */
export function StartMore({ value, onChange, withClaim, problem }: Props) {
  const { t } = useTranslation();
  const body = (
    <div className="stack-12">
      <div className="stack-4">
        <label htmlFor="start-parallelism">{t('start.parallelism')}</label>
        <InputNumber
          id="start-parallelism"
          min={1}
          max={32768}
          precision={0}
          style={{ width: 180 }}
          placeholder={t('start.parallelismAsReleased')}
          value={value.parallelism ?? null}
          {...(problem ? { status: 'error' as const } : {})}
          onChange={(parallelism) => onChange({ claimMode: value.claimMode, ...(parallelism ? { parallelism } : {}) })}
        />
        {problem && <div className="field-problem">{problem}</div>}
      </div>
      {withClaim && (
        <div className="stack-4">
          <span>{t('start.claimMode')}</span>
          <Radio.Group
            className="radio-rows"
            value={value.claimMode}
            aria-label={t('start.claimMode')}
            onChange={(event) => onChange({ ...value, claimMode: event.target.value as MoreValue['claimMode'] })}
          >
            <Radio value="NO_CLAIM">
              {'NO_CLAIM'} <span className="quiet radio-note">{t('start.noClaimMeans')}</span>
            </Radio>
            <Radio value="CLAIM">
              {'CLAIM'} <span className="quiet radio-note">{t('start.claimMeans')}</span>
            </Radio>
          </Radio.Group>
        </div>
      )}
    </div>
  );
  return <Collapse size="small" ghost items={[{ key: 'more', label: t('start.more'), children: body }]} />;
}
