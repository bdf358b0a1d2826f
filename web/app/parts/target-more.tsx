import { Checkbox, Collapse, Form, Input, Select } from 'antd';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { faultsOf, keyMessages, type More, refusedIn, type TargetText } from '../target-edit';
import { KeyValues } from './key-values';
import { atField } from './target-access';
import { YamlEditor } from './yaml-editor';

const EXAMPLES = {
  template: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: flink-main-container',
  host: '{{job}}.flink.example.org',
  url: 'http://streamwright.platform.svc:8088',
};

/** What stands in a host for names: shown as it is typed. */
const PLACEHOLDERS = { job: '{{job}}', cluster: '{{cluster}}', namespace: '{{namespace}}' };

interface Props {
  text: TargetText;
  set: (more: Partial<TargetText>) => void;
  error: unknown;
}

function Template({ field, text, set, error }: Props & { field: 'jobManagerTemplate' | 'taskManagerTemplate' }) {
  const { t } = useTranslation();
  const faults = useMemo(() => faultsOf(error, field), [error, field]);
  return (
    <Form.Item label={t(`targets.${field}`)} {...atField(error)(field)}>
      <YamlEditor
        text={text[field]}
        label={t(`targets.${field}`)}
        example={EXAMPLES.template}
        faults={faults}
        onChange={(typed) => set({ [field]: typed })}
      />
    </Form.Item>
  );
}

function Policy({ text, set, error }: Props) {
  const { t } = useTranslation();
  const wrong = atField(error);
  const list = (field: 'hostPaths' | 'serviceAccounts') => {
    const at = text[field].map((_, index) => wrong(`policy.${field}.${index}`)).find((one) => one.help);
    return (
      <Form.Item label={t(`targets.${field}`)} extra={t(`targets.${field}Means`)} {...wrong(`policy.${field}`)} {...(at ?? {})}>
        <Select
          mode="tags"
          open={false}
          suffixIcon={null}
          tokenSeparators={[',', ' ']}
          aria-label={t(`targets.${field}`)}
          value={text[field]}
          onChange={(chosen: string[]) => set({ [field]: chosen })}
        />
      </Form.Item>
    );
  };
  return (
    <>
      <p className="quiet form-lead">{t('targets.policyMeans')}</p>
      <Form.Item>
        <Checkbox checked={text.privileged} onChange={(event) => set({ privileged: event.target.checked })}>
          {t('targets.privileged')}
        </Checkbox>
      </Form.Item>
      <Form.Item>
        <Checkbox checked={text.hostNamespaces} onChange={(event) => set({ hostNamespaces: event.target.checked })}>
          {t('targets.hostNamespaces')}
        </Checkbox>
      </Form.Item>
      {list('hostPaths')}
      {list('serviceAccounts')}
    </>
  );
}

function Ingress({ text, set, error }: Props) {
  const { t } = useTranslation();
  const wrong = atField(error);
  const field = (key: 'ingressHost' | 'ingressClass' | 'ingressTlsSecret', name: string, example: string) => (
    <Form.Item label={t(`targets.${key}`)} extra={t(`targets.${key}Means`, PLACEHOLDERS)} {...wrong(name)}>
      <Input
        className="mono"
        spellCheck={false}
        aria-label={t(`targets.${key}`)}
        placeholder={example}
        value={text[key]}
        onChange={(event) => set({ [key]: event.target.value })}
      />
    </Form.Item>
  );
  return (
    <>
      <p className="quiet form-lead">{t('targets.ingressMeans')}</p>
      {field('ingressHost', 'ingress.host', EXAMPLES.host)}
      {field('ingressClass', 'ingress.class', 'nginx')}
      {field('ingressTlsSecret', 'ingress.tlsSecret', 'flink-tls')}
      <Form.Item label={t('targets.ingressAnnotations')} {...wrong('ingress.annotations')}>
        <KeyValues
          pairs={text.ingressAnnotations}
          onChange={(ingressAnnotations) => set({ ingressAnnotations })}
          problems={keyMessages(error, 'ingress.annotations')}
        />
      </Form.Item>
    </>
  );
}

/** What few targets need: folded, and open where something is set or refused. */
export function TargetMore({ text, set, error }: Props) {
  const { t } = useTranslation();
  const wrong = atField(error);
  const [open, setOpen] = useState<More[]>([]);
  useEffect(() => {
    const refused = refusedIn(error);
    if (refused.length > 0) setOpen((before) => [...new Set([...before, ...refused])]);
  }, [error]);
  const templates = [text.jobManagerTemplate, text.taskManagerTemplate].filter((one) => one.trim() !== '').length;
  const allowed = Number(text.privileged) + Number(text.hostNamespaces) + text.hostPaths.length + text.serviceAccounts.length;
  const part = (key: More, count: number, children: ReactNode) => ({
    key,
    label: (
      <span>
        {t(`targets.more.${key}`)} {count > 0 && <span className="quiet figure">({count})</span>}
      </span>
    ),
    children,
  });
  return (
    <Collapse
      size="small"
      ghost
      data-testid="target-more"
      activeKey={open}
      onChange={(keys) => setOpen(keys as More[])}
      items={[
        part(
          'configuration',
          text.configuration.length,
          <KeyValues
            pairs={text.configuration}
            onChange={(configuration) => set({ configuration })}
            problems={keyMessages(error, 'configuration')}
          />,
        ),
        part(
          'templates',
          templates,
          <>
            <p className="quiet form-lead">{t('targets.templatesMeans')}</p>
            <Template field="jobManagerTemplate" text={text} set={set} error={error} />
            <Template field="taskManagerTemplate" text={text} set={set} error={error} />
          </>,
        ),
        part('policy', allowed, <Policy text={text} set={set} error={error} />),
        part(
          'artifacts',
          text.artifactUrl.trim() === '' ? 0 : 1,
          <Form.Item label={t('targets.artifactUrl')} extra={t('targets.artifactUrlMeans')} {...wrong('artifactUrl')}>
            <Input
              className="mono"
              spellCheck={false}
              aria-label={t('targets.artifactUrl')}
              placeholder={EXAMPLES.url}
              value={text.artifactUrl}
              onChange={(event) => set({ artifactUrl: event.target.value })}
            />
          </Form.Item>,
        ),
        part('ingress', text.ingressHost.trim() === '' ? 0 : 1, <Ingress text={text} set={set} error={error} />),
      ]}
    />
  );
}
