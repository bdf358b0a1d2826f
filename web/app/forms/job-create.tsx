import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProgramJar } from '../draft-edit';
import type { Job } from '../nouns';
import { PlaceChoice } from '../parts/place-choice';
import { ProblemAlert } from '../parts/problem-alert';
import { ProgramJarChoice } from '../parts/program-jar';
import { type Place, placeBody } from '../place';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  description?: string;
  kind: 'sql' | 'jar';
  program?: ProgramJar;
}

interface Props {
  team: string;
  onClose: () => void;
  onCreated: (job: Job) => void;
}

/** Makes a job; its SQL is written on the page that opens next. */
export function JobCreate({ team, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form);
  const clusters = useQuery(read.clusters(team));
  const [chosen, setPlace] = useState<Place>();
  const first = clusters.data?.items[0]?.id;
  const place = chosen ?? (first ? { clusterId: first } : {});
  const create = useMutation({
    mutationFn: ({ name, description, kind, program }: Values) =>
      write.createJob(team, {
        name,
        ...(description ? { description } : {}),
        spec: { ...(kind === 'jar' && program ? program : { sql: '' }), configuration: {}, ...placeBody(place) },
      }),
    onSuccess: (job) => {
      void queries.invalidateQueries({ queryKey: read.jobs(team).queryKey });
      onCreated(job);
    },
  });
  const nameProblem = create.error instanceof ApiProblem ? create.error.of('name') : undefined;
  const fieldProblem = (field: string) => (create.error instanceof ApiProblem ? create.error.of(`spec.${field}`) : undefined);
  const placeProblem = ['clusterId', 'targetId', 'flinkVersion', 'mode'].some((field) => fieldProblem(field));
  const jarProblem = fieldProblem('jarUri') ?? fieldProblem('jar.name');
  return (
    <Modal
      open
      destroyOnHidden
      title={t('newJob.title')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={create.isPending}
      okText={t('newJob.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'new-job-confirm' }}
      wrapProps={{ 'data-testid': 'new-job-dialog' }}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: 'sql' }}
        onFinish={(values) => create.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t('job.name')}
          rules={[{ required: true, whitespace: true, message: t('job.nameNeeded') }]}
          {...(nameProblem ? { validateStatus: 'error' as const, help: nameProblem } : {})}
        >
          <Input autoFocus placeholder={t('newJob.nameExample')} />
        </Form.Item>
        <Form.Item name="kind" label={t('newJob.kind')}>
          <Radio.Group
            optionType="button"
            options={[
              { value: 'sql', label: t('newJob.sql') },
              { value: 'jar', label: t('newJob.jar') },
            ]}
          />
        </Form.Item>
        {kind === 'jar' && (
          <Form.Item
            name="program"
            label={t('program.jar')}
            rules={[
              {
                validator: (_, program?: ProgramJar) =>
                  program?.jar || program?.jarUri?.trim() ? Promise.resolve() : Promise.reject(new Error(t('program.jarNeeded'))),
              },
            ]}
            {...(jarProblem ? { validateStatus: 'error' as const, help: jarProblem } : {})}
          >
            <ProgramJarChoice team={team} own={place.application !== undefined} />
          </Form.Item>
        )}
        <PlaceChoice team={team} place={place} onPlace={setPlace} fieldProblem={fieldProblem} />
        <Form.Item name="description" label={t('job.description')}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} />
        </Form.Item>
        {!nameProblem && !placeProblem && !jarProblem && <ProblemAlert error={create.error} />}
      </Form>
    </Modal>
  );
}
