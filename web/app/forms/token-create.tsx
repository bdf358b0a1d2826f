import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../parts/copy';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  days: number;
}

const DAYS = [30, 90, 365, 0];

/** Makes an API token; its secret is shown once, here. */
export function TokenCreate({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [secret, setSecret] = useState<string>();
  const create = useMutation({
    mutationFn: ({ name, days }: Values) => write.createToken(name, days || undefined),
    onSuccess: (made) => {
      setSecret(made.secret);
      void queries.invalidateQueries({ queryKey: read.tokens().queryKey });
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('token.title')}
      onCancel={onClose}
      onOk={secret ? onClose : form.submit}
      confirmLoading={create.isPending}
      okText={secret ? t('token.kept') : t('token.do')}
      cancelText={t('goBack')}
      cancelButtonProps={secret ? { style: { display: 'none' } } : {}}
      closable={!secret}
      mask={{ closable: !secret }}
    >
      {secret ? (
        <div className="stack-12">
          <Alert type="warning" showIcon title={t('token.once')} />
          <div className="secret">
            <code data-testid="token-secret">{secret}</code>
            <CopyButton text={secret} />
          </div>
        </div>
      ) : (
        <Form<Values>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ days: 90 }}
          onFinish={(values) => create.mutate(values)}
        >
          <Form.Item name="name" label={t('token.name')} rules={[{ required: true, whitespace: true, message: t('token.nameNeeded') }]}>
            <Input autoFocus placeholder={t('token.nameExample')} />
          </Form.Item>
          <Form.Item name="days" label={t('token.expires')}>
            <Select
              options={DAYS.map((days) => ({ value: days, label: days === 0 ? t('token.never') : t('token.days', { count: days }) }))}
            />
          </Form.Item>
          <ProblemAlert error={create.error} />
        </Form>
      )}
    </Modal>
  );
}
