import { ArrowUpOutlined } from '@ant-design/icons';
import { Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';

/** The release that runs or ran last, and the newest one where that is another. */
export function ReleaseMark({ job }: { job: Job }) {
  const { t } = useTranslation();
  const running = job.run?.releaseNumber;
  const newest = job.releaseNumber;
  if (newest === 0) return <span className="quiet">{t('releases.noneYet')}</span>;
  if (running === undefined) return <span className="figure">#{newest}</span>;
  if (newest <= running) return <span className="figure">#{running}</span>;
  return (
    <span className="figure">
      #{running}{' '}
      <Tooltip title={t('releases.newer', { newest, running })}>
        <span className="chip chip-active">
          <ArrowUpOutlined /> #{newest}
        </span>
      </Tooltip>
    </span>
  );
}
