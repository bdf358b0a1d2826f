import { useMutation, useQuery } from '@tanstack/react-query';
import { Form, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { read } from '../queries/read';
import { ProblemAlert } from './problem-alert';

export interface GrantValues {
  allTeams: boolean;
  teams: string[];
}

interface Props {
  title: string;
  means: string;
  now: { allTeams: boolean; teams: readonly { name: string }[] };
  save: (values: GrantValues) => Promise<unknown>;
  onSaved: () => void;
  onClose: () => void;
}

/** Chooses which teams may use something that belongs to the platform. */
export function GrantDialog({ title, means, now, save, onSaved, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<GrantValues>();
  const allTeams = Form.useWatch('allTeams', form) ?? now.allTeams;
  const teams = useQuery(read.teams());
  const change = useMutation({
    mutationFn: ({ allTeams, teams }: GrantValues) => save({ allTeams, teams: allTeams ? [] : teams }),
    onSuccess: () => {
      onSaved();
      onClose();
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={title}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={change.isPending}
      okText={t('grant.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'grant-confirm' }}
    >
      <Form<GrantValues>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ allTeams: now.allTeams, teams: now.teams.map((team) => team.name) }}
        onFinish={(values) => change.mutate(values)}
      >
        <Form.Item name="allTeams">
          <Radio.Group
            options={[
              { value: true, label: t('grant.all') },
              { value: false, label: t('grant.some') },
            ]}
          />
        </Form.Item>
        <Form.Item name="teams" hidden={allTeams} label={t('grant.teams')} extra={means}>
          <Select
            mode="multiple"
            loading={teams.isPending}
            options={teams.data?.items.map((team) => ({ value: team.name, label: team.name }))}
          />
        </Form.Item>
        <ProblemAlert error={change.error} />
      </Form>
    </Modal>
  );
}
