import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { RoleSelect } from '../parts/role-select';
import { SecretOnce } from '../parts/secret-once';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  days: number;
  team: string;
  role: Role;
}

/** Stands for no team: all rights of the person. */
const ALL = '';

const DAYS = [30, 90, 365, 0];

/** Makes an API token; its secret is shown once, here. */
export function TokenCreate({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [secret, setSecret] = useState<string>();
  const me = useQuery(read.me());
  const teams = me.data?.teams ?? [];
  const team = Form.useWatch('team', form);
  const own = teams.find((one) => one.name === team)?.role;
  const create = useMutation({
    mutationFn: ({ name, days, team, role }: Values) =>
      write.createToken({ name, ...(days ? { expiresInDays: days } : {}), ...(team ? { team, role } : {}) }),
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
        <SecretOnce text={secret} />
      ) : (
        <Form<Values>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ days: 90, team: teams[0]?.name ?? ALL, role: teams[0]?.role ?? 'viewer' }}
          onFinish={(values) => create.mutate(values)}
        >
          <Form.Item name="name" label={t('token.name')} rules={[{ required: true, whitespace: true, message: t('token.nameNeeded') }]}>
            <Input autoFocus placeholder={t('token.nameExample')} />
          </Form.Item>
          <Form.Item name="team" label={t('token.scope')} extra={team === ALL ? t('token.allMeans') : t('token.teamMeans')}>
            <Select
              options={[...teams.map((one) => ({ value: one.name, label: one.name })), { value: ALL, label: t('token.all') }]}
              onChange={(name: string) => form.setFieldValue('role', teams.find((one) => one.name === name)?.role ?? 'viewer')}
            />
          </Form.Item>
          <Form.Item name="role" label={t('member.role')} hidden={team === ALL}>
            <RoleSelect {...(own ? { most: own } : {})} />
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
