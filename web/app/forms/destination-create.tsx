import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Input, InputNumber, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { DestinationRules, NewDestination } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

type Trouble = NonNullable<DestinationRules['trouble']>[number];
export const TROUBLE: readonly Trouble[] = ['failed', 'ended_unknown', 'crash_loop', 'unreachable', 'no_checkpoint'];

const PRESETS = [
  { value: 'json', label: 'JSON' },
  { value: 'slack', label: 'Slack · Mattermost' },
  { value: 'feishu', label: 'Feishu · Lark' },
  { value: 'dingtalk', label: 'DingTalk' },
  { value: 'wecom', label: 'WeCom' },
];
const SECURITY = ['starttls', 'tls', 'none'].map((value) => ({ value, label: value.toUpperCase() }));

interface Values {
  name: string;
  kind: 'webhook' | 'email';
  url?: string;
  preset: string;
  server?: string;
  port: number;
  security: string;
  username?: string;
  password?: string;
  from?: string;
  to?: string[];
  trouble: Trouble[];
}

function request(values: Values): NewDestination {
  const { name, trouble, url = '', preset, server = '', port, security, username, password, from = '', to = [] } = values;
  const address: NewDestination['address'] =
    values.kind === 'webhook'
      ? { kind: 'webhook', url: url.trim(), preset }
      : { kind: 'email', server, port, security, from, to, ...(username ? { username } : {}), ...(password ? { password } : {}) };
  return { name, address, rules: { trouble } };
}

/** Adds a destination; what is secret of it goes in here and is never shown again. */
export function DestinationCreate({ team, onClose }: { team: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form) ?? 'webhook';
  const create = useMutation({
    mutationFn: (values: Values) => write.createDestination(team, request(values)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.destinations(team).queryKey });
      onClose();
    },
  });
  const needed = [{ required: true, message: t('messages.needed') }];
  return (
    <Modal
      open
      destroyOnHidden
      title={t('messages.add')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={create.isPending}
      okText={t('messages.add')}
      okButtonProps={{ 'data-testid': 'destination-confirm' }}
      wrapProps={{ 'data-testid': 'destination-dialog' }}
      cancelText={t('goBack')}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{ kind: 'webhook', preset: 'json', port: 587, security: 'starttls', trouble: [...TROUBLE] }}
        onFinish={(values) => create.mutate(values)}
      >
        <Form.Item name="name" label={t('messages.name')} rules={needed}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="kind" label={t('messages.kind')}>
          <Radio.Group options={(['webhook', 'email'] as const).map((value) => ({ value, label: t(`messages.kind.${value}`) }))} />
        </Form.Item>
        {kind === 'webhook' ? (
          <>
            <Form.Item name="url" label={t('messages.url')} extra={t('messages.urlMeans')} rules={needed}>
              <Input placeholder="https://" maxLength={4096} />
            </Form.Item>
            <Form.Item name="preset" label={t('messages.preset')}>
              <Select options={PRESETS} />
            </Form.Item>
          </>
        ) : (
          <>
            <Form.Item name="server" label={t('messages.server')} rules={needed}>
              <Input />
            </Form.Item>
            <div className="row">
              <Form.Item name="port" label={t('messages.port')}>
                <InputNumber min={1} max={65535} />
              </Form.Item>
              <Form.Item name="security" label={t('messages.security')} className="grow">
                <Select options={SECURITY} />
              </Form.Item>
            </div>
            <div className="row">
              <Form.Item name="username" label={t('messages.username')} className="grow">
                <Input />
              </Form.Item>
              <Form.Item name="password" label={t('messages.password')} tooltip={t('messages.urlMeans')} className="grow">
                <Input.Password autoComplete="new-password" />
              </Form.Item>
            </div>
            <Form.Item name="from" label={t('messages.from')} rules={needed}>
              <Input />
            </Form.Item>
            <Form.Item name="to" label={t('messages.to')} rules={needed}>
              <Select mode="tags" tokenSeparators={[',', ' ', ';']} open={false} />
            </Form.Item>
          </>
        )}
        <Form.Item name="trouble" label={t('messages.rules')}>
          <Select mode="multiple" options={TROUBLE.map((value) => ({ value, label: t(`trouble.${value}`) }))} />
        </Form.Item>
        <ProblemAlert error={create.error} />
      </Form>
    </Modal>
  );
}
