import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Checkbox, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { SecretOnce } from '../parts/secret-once';
import { signInLink } from '../paths';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  platformAdmin?: boolean;
}

/** Makes an account; its person signs in by a link that is shown once, here. */
export function UserCreate({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [link, setLink] = useState<string>();
  const create = useMutation({
    mutationFn: ({ name, platformAdmin }: Values) => write.createUser(name, platformAdmin ?? false),
    onSuccess: ({ secret }) => {
      setLink(signInLink(secret));
      void queries.invalidateQueries({ queryKey: read.users().queryKey });
    },
  });
  const wrong = create.error instanceof ApiProblem ? create.error.of('name') : undefined;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('user.create')}
      onCancel={onClose}
      onOk={link ? onClose : form.submit}
      confirmLoading={create.isPending}
      okText={link ? t('token.kept') : t('user.createDo')}
      okButtonProps={{ 'data-testid': 'user-confirm' }}
      cancelText={t('goBack')}
      cancelButtonProps={link ? { style: { display: 'none' } } : {}}
      closable={!link}
      mask={{ closable: !link }}
    >
      {link ? (
        <SecretOnce text={link}>{t('user.linkOnce')}</SecretOnce>
      ) : (
        <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={(values) => create.mutate(values)}>
          <Form.Item
            name="name"
            label={t('signIn.name')}
            rules={[{ required: true, whitespace: true, message: t('signIn.nameNeeded') }]}
            {...(wrong ? { validateStatus: 'error', help: wrong } : {})}
          >
            <Input autoFocus spellCheck={false} autoComplete="off" />
          </Form.Item>
          <Form.Item name="platformAdmin" valuePropName="checked" extra={t('user.platformAdminMeans')}>
            <Checkbox>{t('user.platformAdmin')}</Checkbox>
          </Form.Item>
          {!wrong && <ProblemAlert error={create.error} />}
        </Form>
      )}
    </Modal>
  );
}
