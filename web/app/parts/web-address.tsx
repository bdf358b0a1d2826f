import { ExportOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { WebAddress as Known } from '../nouns';
import { CopyText } from './copy';

/** The way to Flink's own web UI: a link where one works, else the command that makes one, and why. */
export function WebAddress({ address }: { address: Known }) {
  const { t } = useTranslation();
  const { url, sentence, command } = address;
  if (url) {
    return (
      <a href={url} target="_blank" rel="noreferrer" title={sentence} data-testid="web-address">
        {t('web.flink')} <ExportOutlined aria-hidden="true" />
      </a>
    );
  }
  return (
    <span title={sentence} data-testid="web-address">
      {command ? <CopyText text={command} shown={command} /> : sentence}
    </span>
  );
}
