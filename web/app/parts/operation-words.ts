// An operation in words: what was asked, with the choices that matter.
import { useTranslation } from 'react-i18next';
import type { Operation, ReleaseSummary } from '../nouns';

export function useDescribe(releases?: readonly ReleaseSummary[]) {
  const { t } = useTranslation();
  return (operation: Operation): string => {
    const { releaseId, stop } = operation.request;
    const release = releases?.find((one) => one.id === releaseId)?.number;
    switch (operation.kind) {
      case 'start':
        return release === undefined ? t('operation.kind.start') : t('operation.startRelease', { release });
      case 'replace':
        return release === undefined ? t('operation.kind.replace') : t('operation.replaceRelease', { release });
      case 'stop':
        return stop ? `${t('operation.kind.stop')} · ${t(`stop.${stop}`)}` : t('operation.kind.stop');
      default:
        return t(`operation.kind.${operation.kind}`);
    }
  };
}
