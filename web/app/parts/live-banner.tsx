import { DisconnectOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useLive } from '../live/status';
import { Ago, Clock } from './ago';

/** Says quietly that what is shown may be old, since when. */
export function LiveBanner() {
  const { t } = useTranslation();
  const live = useLive();
  if (live.live) return null;
  return (
    <div className="live-banner" role="status" data-testid="not-live">
      <DisconnectOutlined /> {t('live.lost')} <Clock at={live.since} /> (<Ago at={live.since} />)
    </div>
  );
}
