import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Checkbox, Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Variable } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;

interface Values {
  name: string;
  value?: string;
  secret: boolean;
  description: string;
}

interface Props {
  team: string;
  /** The variable to change; a new one without it. */
  variable?: Variable | undefined;
  onClose: () => void;
}

/** Makes a variable or changes it. The value of a secret goes in here and is never shown again. */
export function VariableSet({ team, variable, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const [form] = Form.useForm<Values>();
  const secret = Form.useWatch('secret', form) ?? variable?.secret ?? false;
  const keeps = variable?.secret === true;
  const save = useMutation({
    mutationFn: ({ name, value = '', secret, description }: Values) => {
      if (!variable) return write.createVariable(team, { name, value, secret, description });
      return write.changeVariable(team, variable.name, { description, ...(keeps && value === '' ? {} : { value, secret }) });
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: read.variables(team).queryKey });
      onClose();
      const needing = saved.usedBy.filter((user) => user.need);
      if (needing.length > 0) {
        // Messages stand outside of the router: names, no links.
        const jobs = needing.map((user) => (
          <li key={user.jobId}>
            {user.job}: {t(`variable.need.${user.need ?? 'release'}`)}
          </li>
        ));
        void modal.info({ title: t('variable.needing', { name: saved.name }), content: <ul data-testid="variable-needing">{jobs}</ul> });
      }
    },
  });
  const needed = { required: true, message: t('variable.needed') };
  return (
    <Modal
      open
      destroyOnHidden
      title={variable ? t('variable.changeOf', { name: variable.name }) : t('variable.add')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={save.isPending}
      okText={variable ? t('variable.save') : t('variable.add')}
      okButtonProps={{ 'data-testid': 'variable-confirm' }}
      cancelText={t('goBack')}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{
          name: variable?.name ?? '',
          value: variable?.value ?? '',
          secret: variable?.secret ?? false,
          description: variable?.description ?? '',
        }}
        onFinish={(values) => save.mutate(values)}
      >
        {!variable && (
          <Form.Item
            name="name"
            label={t('variable.name')}
            extra={t('variable.nameMeans')}
            rules={[needed, { pattern: NAME, message: t('variable.nameMeans') }]}
          >
            <Input autoFocus maxLength={128} spellCheck={false} data-testid="variable-name" />
          </Form.Item>
        )}
        <Form.Item name="secret" valuePropName="checked" extra={t('variable.secretMeans')}>
          <Checkbox disabled={keeps} data-testid="variable-secret">
            {t('variable.secret')}
          </Checkbox>
        </Form.Item>
        <Form.Item
          name="value"
          label={keeps ? t('variable.newValue') : t('variable.value')}
          extra={keeps ? t('variable.keepValue') : undefined}
          rules={secret && !keeps ? [needed] : []}
        >
          {secret ? (
            <Input.Password autoComplete="new-password" data-testid="variable-value" />
          ) : (
            <Input.TextArea autoSize={{ minRows: 1, maxRows: 8 }} spellCheck={false} data-testid="variable-value" />
          )}
        </Form.Item>
        <Form.Item name="description" label={t('variable.description')}>
          <Input maxLength={2000} />
        </Form.Item>
        {variable && variable.usedBy.length > 0 && <Alert type="info" showIcon title={t('variable.changeMeans')} />}
        <ProblemAlert error={save.error} />
      </Form>
    </Modal>
  );
}
