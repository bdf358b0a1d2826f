import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { CopyButton } from './copy';

/** A secret that is shown only now: a token, or a link that lets somebody in once. */
export function SecretOnce({ text, children }: { text: string; children?: string }) {
  const { t } = useTranslation();
  return (
    <div className="stack-12">
      <Alert type="warning" showIcon title={children ?? t('token.once')} />
      <div className="secret">
        <code data-testid="secret">{text}</code>
        <CopyButton text={text} />
      </div>
    </div>
  );
}
