import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Makes a team; whoever is to be in it is invited on its own page. */
export function TeamCreate({ onClose, onDone }: { onClose: () => void; onDone: (team: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string }>();
  const create = useMutation({
    mutationFn: ({ name }: { name: string }) => write.createTeam(name),
    onSuccess: async (team) => {
      await queries.invalidateQueries({ queryKey: read.teams().queryKey });
      await queries.invalidateQueries({ queryKey: read.me().queryKey });
      onDone(team.name);
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('team.create')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={create.isPending}
      okText={t('team.createDo')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'team-confirm' }}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => create.mutate(values)}>
        <Form.Item name="name" label={t('team.name')} rules={[{ required: true, whitespace: true, message: t('team.nameNeeded') }]}>
          <Input autoFocus spellCheck={false} />
        </Form.Item>
        <ProblemAlert error={create.error} />
      </Form>
    </Modal>
  );
}
