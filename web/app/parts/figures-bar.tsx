import { ReloadOutlined } from '@ant-design/icons';
import { Button, Switch } from 'antd';
import { useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Ago } from './ago';

interface Props {
  at: number;
  loading: boolean;
  refresh: () => void;
  follow: boolean;
  /** What is followed comes by itself: nothing is asked for. */
  streams?: boolean;
  onFollow: (follow: boolean) => void;
}

const EVERY = 3_000;

/**
 * Figures that Flink is asked for when they are read: how old they are, read again, and follow.
 * Nothing is asked unless a person switched it on here, and nothing while the tab is hidden.
 */
export function FiguresBar({ at, loading, refresh, follow, streams = false, onFollow }: Props) {
  const { t } = useTranslation();
  const name = useId();
  const latest = useRef({ loading, refresh });
  latest.current = { loading, refresh };
  useEffect(() => {
    if (!follow || streams) return;
    const timer = setInterval(() => {
      if (!document.hidden && !latest.current.loading) latest.current.refresh();
    }, EVERY);
    return () => clearInterval(timer);
  }, [follow, streams]);
  return (
    <span className="row figures-bar">
      {at > 0 && !(streams && follow) && (
        <span className="quiet">
          {t('figures.asOf')} <Ago at={at} />
        </span>
      )}
      <Button size="small" icon={<ReloadOutlined spin={loading} />} onClick={refresh} data-testid="refresh">
        {t('figures.refresh')}
      </Button>
      <span className="row">
        <Switch size="small" checked={follow} onChange={onFollow} data-testid="follow" aria-labelledby={name} />
        <span id={name}>{t('figures.follow')}</span>
      </span>
    </span>
  );
}
