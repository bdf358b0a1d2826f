import { CaretRightOutlined, PauseOutlined, WarningFilled } from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import { Table, type TableColumnsType, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { paths } from '../paths';
import { ActionButton } from './action-button';
import { Ago } from './ago';
import { JobLabels } from './job-labels';
import { LabelTag } from './label-tag';
import { ReleaseMark } from './release-mark';
import { stopOf } from './stop-choice';

interface Props {
  team: string;
  jobs: readonly Job[];
  open: (dialog: 'start' | 'stop', job: string) => void;
}

function Warnings({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { conditions } = job.status;
  if (conditions.length === 0) return null;
  const list = (
    <ul className="plain-list">
      {conditions.map((one) => (
        <li key={one.kind}>{one.sentence}</li>
      ))}
    </ul>
  );
  return (
    <Tooltip title={list}>
      <WarningFilled className="warning-mark" aria-label={t('jobs.conditions', { count: conditions.length })} />
    </Tooltip>
  );
}

export function JobTable({ team, jobs, open }: Props) {
  const { t } = useTranslation();
  const columns: TableColumnsType<Job> = [
    {
      title: t('job.name'),
      key: 'name',
      width: '26%',
      ellipsis: true,
      render: (_, job) => (
        <Link {...paths.job(team, job.id)} className="job-link" title={job.description || job.name}>
          {job.name}
        </Link>
      ),
    },
    {
      title: t('job.state'),
      key: 'state',
      render: (_, job) => (
        <div className="state-cell">
          <LabelTag label={job.status.label} /> <Warnings job={job} />
          <span className="quiet ellipsis" title={job.status.sentence}>
            {job.status.sentence}
          </span>
        </div>
      ),
    },
    {
      title: t('job.since'),
      key: 'since',
      width: 92,
      render: (_, job) => <Ago at={job.status.since} />,
    },
    {
      title: t('release'),
      key: 'release',
      width: 108,
      render: (_, job) => <ReleaseMark job={job} />,
    },
    {
      title: t('cluster'),
      key: 'cluster',
      width: '13%',
      ellipsis: true,
      responsive: ['lg'],
      render: (_, job) =>
        job.cluster ? <Link {...paths.cluster(team, job.cluster.id)}>{job.cluster.name}</Link> : <span className="quiet">–</span>,
    },
    ...(jobs.some((job) => Object.keys(job.labels).length > 0)
      ? [
          {
            title: t('job.labels'),
            key: 'labels',
            width: '16%',
            ellipsis: true,
            responsive: ['xl' as const],
            render: (_: unknown, job: Job) => <JobLabels team={team} job={job} />,
          },
        ]
      : []),
    {
      title: <span className="hidden-text">{t('actions')}</span>,
      key: 'actions',
      width: 110,
      align: 'right',
      render: (_, job) =>
        job.run && !job.run.endedAt ? (
          <ActionButton
            size="small"
            action={stopOf(job)}
            icon={<PauseOutlined />}
            aria-label={t('job.stopNamed', { name: job.name })}
            onClick={() => open('stop', job.id)}
          >
            {t('job.stop')}
          </ActionButton>
        ) : (
          <ActionButton
            size="small"
            action={job.actions.start}
            icon={<CaretRightOutlined />}
            aria-label={t('job.startNamed', { name: job.name })}
            onClick={() => open('start', job.id)}
          >
            {t('job.start')}
          </ActionButton>
        ),
    },
  ];
  return (
    <Table<Job>
      size="small"
      rowKey="id"
      data-testid="jobs"
      dataSource={[...jobs]}
      columns={columns}
      tableLayout="fixed"
      pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false, size: 'small' }}
      scroll={{ x: 720 }}
    />
  );
}
