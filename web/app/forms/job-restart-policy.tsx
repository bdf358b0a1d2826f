import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, InputNumber, Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job, RestartPolicy } from '../nouns';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

const NUMBERS = [
  ['limit', 1, 100],
  ['windowSeconds', 60, 86_400],
  ['initialDelaySeconds', 1, 3_600],
  ['factor', 1, 10],
  ['maximumDelaySeconds', 1, 3_600],
  ['jitterPercent', 0, 50],
] as const;

const WHEN = ['never', 'failed', 'failed_or_lost'] as const;
const STATES = ['latest', 'none'] as const;

/** How a job is kept running: no release, no restart needed. */
export function JobRestartPolicy({ team, job, onClose }: { team: string; job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<RestartPolicy>();
  const when = Form.useWatch('when', form);
  const policy = useQuery(read.restartPolicy(team, job.id));
  const set = useMutation({
    mutationFn: (values: RestartPolicy) => write.setRestartPolicy({ team, job: job.id }, { ...policy.data, ...values }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.restartPolicy(team, job.id).queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('restart.title', { name: job.name })}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={set.isPending}
      okText={t('restart.do')}
      cancelText={t('goBack')}
    >
      <Loaded query={policy}>
        {(current) => (
          <Form<RestartPolicy>
            form={form}
            layout="vertical"
            requiredMark={false}
            initialValues={current}
            onFinish={(values) => set.mutate(values)}
          >
            <Form.Item name="when" label={t('restart.when')}>
              <Radio.Group vertical options={WHEN.map((value) => ({ value, label: t(`restart.when.${value}`) }))} />
            </Form.Item>
            {when === 'failed_or_lost' && <Alert type="warning" showIcon title={t('restart.lostMeans')} />}
            {when !== 'never' && (
              <>
                <div className="row wrap">
                  {NUMBERS.map(([name, min, max]) => (
                    <Form.Item key={name} name={name} label={t(`restart.number.${name}`)} style={{ width: 140 }}>
                      <InputNumber min={min} max={max} precision={0} style={{ width: '100%' }} />
                    </Form.Item>
                  ))}
                </div>
                <Form.Item name="state" label={t('restart.state')}>
                  <Radio.Group options={STATES.map((value) => ({ value, label: t(`restart.state.${value}`) }))} />
                </Form.Item>
              </>
            )}
            <p className="quiet">{t('restart.means')}</p>
            <ProblemAlert error={set.error} />
          </Form>
        )}
      </Loaded>
    </Modal>
  );
}
