import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Form, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { FlinkVersionGrant as Grant } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  allTeams: boolean;
  teams: string[];
}

/** Chooses which teams may use a Flink version. */
export function FlinkVersionGrant({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const allTeams = Form.useWatch('allTeams', form) ?? grant.allTeams;
  const teams = useQuery(read.teams());
  const change = useMutation({
    mutationFn: ({ allTeams, teams }: Values) => write.grantFlinkVersion(grant.flinkVersionId, { allTeams, teams: allTeams ? [] : teams }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.flinkVersionGrants().queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('grant.title', { version: grant.version })}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={change.isPending}
      okText={t('grant.do')}
      cancelText={t('goBack')}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ allTeams: grant.allTeams, teams: grant.teams.map((team) => team.name) }}
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
        <Form.Item name="teams" hidden={allTeams} label={t('grant.teams')} extra={t('grant.means')}>
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
