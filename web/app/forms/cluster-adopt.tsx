import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { short } from '../format';
import type { Cluster, Job } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { newKey, write } from '../queries/write';

type Unmanaged = Cluster['look']['unmanaged'][number];

interface Props {
  team: string;
  cluster: Cluster;
  found: Unmanaged;
  onClose: () => void;
  /** A job that has taken it over, or was made to. */
  onJob: (job: Job, tab: 'overview' | 'sql') => void;
}

/** Takes over a Flink job that somebody else started: into a job that does not run, or first a new one is made for it. */
export function ClusterAdopt({ team, cluster, found, onClose, onJob }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const jobs = useQuery(read.jobs(team));
  const placed = (jobs.data ?? []).filter((job) => job.cluster?.id === cluster.id);
  const free = placed.filter((job) => job.actions.adopt.allowed);
  const here = [...free, ...placed.filter((job) => !job.actions.adopt.allowed)];
  const [asked, setInto] = useState<'existing' | 'new'>();
  const into = asked ?? (jobs.isSuccess && free.length === 0 ? 'new' : 'existing');
  const [chosen, setChosen] = useState<string>();
  const [name, setName] = useState(found.name.slice(0, 200));
  const [key] = useState(newKey);
  const job = here.find((one) => one.id === (chosen ?? (free.length === 1 ? free[0]?.id : undefined)));
  const adopt = useMutation({
    mutationFn: async () => {
      if (into === 'new') return write.createJob(team, { name, spec: { sql: '', configuration: {}, clusterId: cluster.id } });
      if (!job) throw new ApiProblem({ status: 0, code: 'no_job', detail: t('adopt.choose') });
      await write.adoptJob({ team, job: job.id }, found.flinkJobId, key);
      return job;
    },
    onSuccess: (of) => {
      void queries.invalidateQueries({ queryKey: read.jobs(team).queryKey });
      onJob(of, into === 'new' ? 'sql' : 'overview');
    },
  });
  const nameProblem = adopt.error instanceof ApiProblem ? adopt.error.of('name') : undefined;
  return (
    <Modal
      open
      destroyOnHidden
      width={600}
      title={t('adopt.title')}
      onCancel={onClose}
      onOk={() => adopt.mutate()}
      confirmLoading={adopt.isPending}
      okText={t(into === 'new' ? 'adopt.doNew' : 'adopt.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'adopt-confirm', disabled: into === 'new' ? name.trim() === '' : job === undefined }}
      wrapProps={{ 'data-testid': 'adopt-dialog' }}
    >
      <Form layout="vertical" requiredMark={false}>
        <div className="stack-12">
          <div>
            <strong className="wrap-anywhere">{found.name}</strong>{' '}
            <span className="quiet">
              <code>{found.state}</code> · <code title={found.flinkJobId}>{short(found.flinkJobId)}</code> · {cluster.name}
            </span>
          </div>
          <Radio.Group
            value={into}
            onChange={(event) => setInto(event.target.value as 'existing' | 'new')}
            options={[
              { value: 'existing', label: t('adopt.existing'), disabled: here.length === 0 },
              { value: 'new', label: t('adopt.new') },
            ]}
          />
          {into === 'existing' ? (
            <Form.Item label={t('adopt.job')} extra={t('adopt.jobMeans', { cluster: cluster.name })}>
              <Select
                data-testid="adopt-job"
                showSearch
                optionFilterProp="label"
                loading={jobs.isPending}
                notFoundContent={t('adopt.noJob')}
                placeholder={t('adopt.choose')}
                value={job?.id ?? null}
                onChange={(id: string | null) => setChosen(id ?? undefined)}
                options={here.map((one) => ({
                  value: one.id,
                  label: one.name,
                  disabled: !one.actions.adopt.allowed,
                  title: one.actions.adopt.reason,
                }))}
                optionRender={(option) => {
                  const reason = here.find((one) => one.id === option.value)?.actions.adopt.reason;
                  return (
                    <div>
                      {option.label}
                      {reason && <div className="quiet wrap">{reason}</div>}
                    </div>
                  );
                }}
              />
            </Form.Item>
          ) : (
            <Form.Item
              label={t('job.name')}
              extra={t('adopt.newMeans')}
              {...(nameProblem ? { validateStatus: 'error' as const, help: nameProblem } : {})}
            >
              <Input value={name} maxLength={200} data-testid="adopt-name" onChange={(event) => setName(event.target.value)} />
            </Form.Item>
          )}
          <Alert
            type="info"
            showIcon
            title={t('adopt.happens')}
            description={
              <ul className="plain-list">
                <li>{t('adopt.nothingSent')}</li>
                <li>{t('adopt.asRelease')}</li>
                <li>{t('adopt.state')}</li>
                <li>{t('adopt.other')}</li>
              </ul>
            }
          />
          {!nameProblem && <ProblemAlert error={adopt.error} />}
        </div>
      </Form>
    </Modal>
  );
}
