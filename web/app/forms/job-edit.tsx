import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { labelTexts } from '../parts/job-labels';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  description: string;
  labels: string[];
}

/** `key=value` as a pair; without a sign it is no label. */
const pair = (text: string): [string, string] => {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
};

/** Changes a job's name, description and labels. */
export function JobEdit({ team, job, onClose }: { team: string; job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const edit = useMutation({
    mutationFn: ({ name, description, labels }: Values) =>
      write.changeJob({ team, job: job.id }, { name, description, labels: Object.fromEntries(labels.map(pair)) }),
    onSuccess: (changed) => {
      queries.setQueryData(read.job(team, job.id).queryKey, changed);
      onClose();
    },
  });
  const nameProblem = edit.error instanceof ApiProblem ? edit.error.of('name') : undefined;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('rename.title')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={edit.isPending}
      okText={t('save')}
      cancelText={t('goBack')}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: job.name, description: job.description, labels: labelTexts(job.labels) }}
        onFinish={(values) => edit.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t('job.name')}
          rules={[{ required: true, message: t('job.nameNeeded') }]}
          {...(nameProblem ? { validateStatus: 'error' as const, help: nameProblem } : {})}
        >
          <Input autoFocus />
        </Form.Item>
        <Form.Item name="description" label={t('job.description')}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} />
        </Form.Item>
        <Form.Item name="labels" label={t('job.labels')} extra={t('rename.labels')}>
          <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[' ', ',']} data-testid="labels" />
        </Form.Item>
        {!nameProblem && <ProblemAlert error={edit.error} />}
      </Form>
    </Modal>
  );
}
