import { UploadOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Segmented, Upload } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Connection, ConnectionSight, NewConnection } from '../nouns';
import { ApiProblem } from '../problem';
import { ProblemAlert } from './problem-alert';

/** A connection as it is typed: empty means not used, or kept where the server has a secret. */
export interface ConnectionText {
  kind: 'none' | 'basic' | 'header';
  ca: string;
  certificate: string;
  key: string;
  /** User, or the header's name. */
  name: string;
  /** Password, or the header's value. */
  secret: string;
}

export function textOf(shown?: Connection | null): ConnectionText {
  const sent = shown?.authentication;
  const name = sent?.kind === 'basic' ? sent.user : sent?.kind === 'header' ? sent.name : '';
  return {
    kind: sent?.kind ?? 'none',
    ca: shown?.caCertificate ?? '',
    certificate: shown?.clientCertificate ?? '',
    key: '',
    name,
    secret: '',
  };
}

export function connectionOf(text: ConnectionText): NewConnection {
  const { kind, ca, certificate, key, name, secret } = text;
  return {
    ...(ca.trim() ? { caCertificate: ca } : {}),
    ...(certificate.trim() ? { clientCertificate: certificate } : {}),
    ...(key.trim() ? { clientKey: key } : {}),
    ...(kind === 'basic' ? { authentication: { kind, user: name, ...(secret ? { password: secret } : {}) } } : {}),
    ...(kind === 'header' ? { authentication: { kind, name, ...(secret ? { value: secret } : {}) } } : {}),
  };
}

const FIELDS = {
  ca: 'caCertificate',
  certificate: 'clientCertificate',
  key: 'clientKey',
} as const;

interface Props {
  text: ConnectionText;
  onChange: (text: ConnectionText) => void;
  /** What the server has: its secrets are kept where nothing is typed. */
  stored?: Connection | null | undefined;
  error: unknown;
}

/** How an address is spoken to: whom to trust, what to show, what to send. */
export function ConnectionFields({ text, onChange, stored, error }: Props) {
  const { t } = useTranslation();
  const set = (more: Partial<ConnectionText>) => onChange({ ...text, ...more });
  const wrong = (field: string) => {
    const message = error instanceof ApiProblem ? error.of(`connection.${field}`) : undefined;
    return message ? { validateStatus: 'error' as const, help: message } : {};
  };
  const keptKey = Boolean(stored?.clientCertificate) && stored?.clientCertificate?.trim() === text.certificate.trim();
  const sent = stored?.authentication;
  const keptSecret = (sent?.kind === 'basic' && sent.user === text.name) || (sent?.kind === 'header' && sent.name === text.name);
  const pem = (field: keyof typeof FIELDS, example: string) => (
    <Form.Item
      label={
        <span className="row">
          {t(`connection.${field}`)}
          <Upload
            showUploadList={false}
            beforeUpload={(file) => {
              void file.text().then((read) => set({ [field]: read }));
              return false;
            }}
          >
            <Button size="small" type="link" icon={<UploadOutlined />}>
              {t('connection.file')}
            </Button>
          </Upload>
        </span>
      }
      extra={t(`connection.${field}Means`)}
      {...wrong(FIELDS[field])}
    >
      <Input.TextArea
        className="mono"
        aria-label={t(`connection.${field}`)}
        data-testid={`connection-${field}`}
        autoSize={{ minRows: 1, maxRows: 3 }}
        spellCheck={false}
        autoComplete="off"
        value={text[field]}
        placeholder={field === 'key' && keptKey ? t('connection.kept') : example}
        onChange={(event) => set({ [field]: event.target.value })}
      />
    </Form.Item>
  );
  return (
    <div className="tight-form" data-testid="connection">
      {pem('ca', '-----BEGIN CERTIFICATE-----')}
      {pem('certificate', '-----BEGIN CERTIFICATE-----')}
      {text.certificate.trim() !== '' && pem('key', '-----BEGIN PRIVATE KEY-----')}
      <Form.Item label={t('connection.sends')} {...wrong('authentication')}>
        <Segmented<ConnectionText['kind']>
          value={text.kind}
          data-testid="connection-kind"
          onChange={(kind) => set({ kind, name: '', secret: '' })}
          options={[
            { value: 'none', label: t('connection.none') },
            { value: 'basic', label: t('connection.basic') },
            { value: 'header', label: t('connection.header') },
          ]}
        />
      </Form.Item>
      {text.kind !== 'none' && (
        <div className="pair">
          <Form.Item
            label={t(text.kind === 'basic' ? 'connection.user' : 'connection.headerName')}
            {...wrong(text.kind === 'basic' ? 'authentication.user' : 'authentication.name')}
          >
            <Input
              data-testid="connection-name"
              autoComplete="off"
              spellCheck={false}
              value={text.name}
              placeholder={text.kind === 'header' ? 'Authorization' : ''}
              onChange={(event) => set({ name: event.target.value })}
            />
          </Form.Item>
          <Form.Item
            label={t(text.kind === 'basic' ? 'connection.password' : 'connection.headerValue')}
            {...wrong(text.kind === 'basic' ? 'authentication.password' : 'authentication.value')}
          >
            <Input.Password
              data-testid="connection-secret"
              autoComplete="new-password"
              value={text.secret}
              placeholder={keptSecret ? t('connection.kept') : text.kind === 'header' ? 'Bearer …' : ''}
              onChange={(event) => set({ secret: event.target.value })}
            />
          </Form.Item>
        </div>
      )}
    </div>
  );
}

/** Tries the connection and tells what the address answered. */
export function ConnectionTry({ ask, disabled }: { ask: () => Promise<ConnectionSight>; disabled?: boolean }) {
  const { t } = useTranslation();
  const tried = useMutation({ mutationFn: ask });
  const fine = tried.data?.outcome === 'answers';
  return (
    <div className="stack-8" aria-live="polite">
      <span>
        <Button
          size="small"
          loading={tried.isPending}
          disabled={disabled === true}
          onClick={() => tried.mutate()}
          data-testid="connection-test"
        >
          {t('connection.test')}
        </Button>
      </span>
      {tried.data && (
        <Alert
          type={fine ? 'success' : 'warning'}
          showIcon
          data-testid="connection-seen"
          title={t(`connection.seen.${tried.data.outcome}`)}
          description={tried.data.sentence}
        />
      )}
      <ProblemAlert error={tried.error} />
    </div>
  );
}
