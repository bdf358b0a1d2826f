import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

/** Copies a text; says so for a moment. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1_500);
    return () => clearTimeout(timer);
  }, [done]);
  const title = done ? t('copied') : (label ?? t('copy'));
  return (
    <Tooltip title={title}>
      <Button
        type="text"
        size="small"
        aria-label={title}
        icon={done ? <CheckOutlined /> : <CopyOutlined />}
        onClick={() => {
          void navigator.clipboard?.writeText(text).then(() => setDone(true));
        }}
      />
    </Tooltip>
  );
}

/** A path or id in one line, whole on hover, copied by a click. Of a long path the end is shown: it tells paths apart. */
export function CopyText({ text, shown }: { text: string; shown?: string }) {
  return (
    <span className="copy-text">
      <code title={text} className={shown === undefined && text.includes('/') ? 'from-end' : undefined}>
        <bdi dir="ltr">{shown ?? text}</bdi>
      </code>
      <CopyButton text={text} />
    </span>
  );
}
