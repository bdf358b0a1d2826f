import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { RoleSelect } from '../parts/role-select';
import { SecretOnce } from '../parts/secret-once';
import { invitationLink } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  role: Role;
  note?: string;
  hours: number;
}

export const HOURS = [24, 72, 168, 720];

/** Invites somebody into the team by a link that is shown once, here. */
export function MemberInvite({ team, onClose }: { team: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [link, setLink] = useState<string>();
  const invite = useMutation({
    mutationFn: ({ role, note, hours }: Values) => write.invite(team, { role, note: note ?? '', expiresInHours: hours }),
    onSuccess: ({ secret }) => {
      setLink(invitationLink(secret));
      void queries.invalidateQueries({ queryKey: read.invitations(team).queryKey });
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('invite.title')}
      onCancel={onClose}
      onOk={link ? onClose : form.submit}
      confirmLoading={invite.isPending}
      okText={link ? t('token.kept') : t('invite.do')}
      okButtonProps={{ 'data-testid': 'invite-confirm' }}
      cancelText={t('goBack')}
      cancelButtonProps={link ? { style: { display: 'none' } } : {}}
      closable={!link}
      mask={{ closable: !link }}
    >
      {link ? (
        <SecretOnce text={link}>{t('invite.once')}</SecretOnce>
      ) : (
        <Form<Values>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ role: 'developer', hours: 72 }}
          onFinish={(values) => invite.mutate(values)}
        >
          <Form.Item name="role" label={t('member.role')}>
            <RoleSelect />
          </Form.Item>
          <Form.Item name="note" label={t('invite.note')} extra={t('invite.noteMeans')}>
            <Input maxLength={200} />
          </Form.Item>
          <Form.Item name="hours" label={t('invite.until')}>
            <Select options={HOURS.map((hours) => ({ value: hours, label: t('invite.days', { count: hours / 24 }) }))} />
          </Form.Item>
          <ProblemAlert error={invite.error} />
        </Form>
      )}
    </Modal>
  );
}
