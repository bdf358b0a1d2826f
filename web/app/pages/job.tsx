import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Skeleton, Tabs } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { JobDelete } from '../forms/job-delete';
import { JobDetach } from '../forms/job-detach';
import { JobEdit } from '../forms/job-edit';
import { JobReplace } from '../forms/job-replace';
import { JobRestartPolicy } from '../forms/job-restart-policy';
import { JobSavepoint } from '../forms/job-savepoint';
import { JobStart } from '../forms/job-start';
import { JobStop } from '../forms/job-stop';
import type { Job } from '../nouns';
import { JobHead } from '../parts/job-head';
import { Loaded } from '../parts/loaded';
import { JOB_TABS, type JobSearch, type JobTab, paths } from '../paths';
import { read } from '../queries/read';
import { useTitle } from '../title';

export interface TabProps {
  team: string;
  job: Job;
  search: JobSearch;
  /** Changes search parameters of this tab; `undefined` takes one away. */
  change: (next: Partial<Record<keyof JobSearch, JobSearch[keyof JobSearch]>>, replace?: boolean) => void;
}

const TABS: Record<JobTab, React.ComponentType<TabProps>> = {
  overview: lazy(() => import('./job-overview').then((page) => ({ default: page.JobOverview }))),
  sql: lazy(() => import('./job-sql').then((page) => ({ default: page.JobSql }))),
  timeline: lazy(() => import('./job-timeline').then((page) => ({ default: page.JobTimeline }))),
  runs: lazy(() => import('./job-runs').then((page) => ({ default: page.JobRuns }))),
  checkpoints: lazy(() => import('./job-checkpoints').then((page) => ({ default: page.JobCheckpoints }))),
  exceptions: lazy(() => import('./job-exceptions').then((page) => ({ default: page.JobExceptions }))),
  logs: lazy(() => import('./job-logs').then((page) => ({ default: page.JobLogs }))),
  configuration: lazy(() => import('./job-configuration').then((page) => ({ default: page.JobConfigurationTab }))),
  releases: lazy(() => import('./job-releases').then((page) => ({ default: page.JobReleases }))),
};

function Dialogs({ team, job, search, change }: TabProps) {
  const navigate = useNavigate();
  const close = () => change({ dialog: undefined, snapshot: undefined, after: undefined });
  switch (search.dialog) {
    case 'start':
      return <JobStart team={team} job={job} snapshot={search.snapshot} onClose={close} />;
    case 'stop':
      return <JobStop team={team} job={job} onClose={close} />;
    case 'replace':
      return <JobReplace team={team} job={job} onClose={close} />;
    case 'savepoint':
      return <JobSavepoint team={team} job={job} onClose={close} />;
    case 'delete':
      return <JobDelete team={team} job={job} onClose={close} onDeleted={() => void navigate(paths.jobs(team))} />;
    case 'rename':
      return <JobEdit team={team} job={job} onClose={close} />;
    case 'restart':
      return <JobRestartPolicy team={team} job={job} onClose={close} />;
    case 'detach':
      return <JobDetach team={team} job={job} onClose={close} />;
    default:
      return null;
  }
}

function JobBody({ team, job, tab }: { team: string; job: Job; tab: JobTab }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: '/frame/teams/$team/jobs/$job/$tab' });
  const change: TabProps['change'] = (next, replace) => {
    void navigate({ ...paths.job(team, job.id, tab, { ...search, ...next } as JobSearch), replace: replace === true });
  };
  const Tab = TABS[tab];
  const props: TabProps = { team, job, search, change };
  useTitle(job.name, t(`label.${job.status.label}`));
  return (
    <>
      <div>
        <JobHead team={team} job={job} tab={tab} open={(dialog) => change({ dialog })} />
        <Tabs
          activeKey={tab}
          onChange={(key) => void navigate(paths.job(team, job.id, key as JobTab))}
          items={JOB_TABS.map((key) => ({ key, label: <span data-testid={`tab-${key}`}>{t(`tab.${key}`)}</span> }))}
        />
      </div>
      <Suspense fallback={<Skeleton active />}>
        <Tab key={job.id} {...props} />
      </Suspense>
      <Dialogs {...props} />
    </>
  );
}

export function JobPage() {
  const { team, job: id, tab } = useParams({ from: '/frame/teams/$team/jobs/$job/$tab' });
  const job = useQuery(read.job(team, id));
  return <Loaded query={job}>{(found) => <JobBody team={team} job={found} tab={tab as JobTab} />}</Loaded>;
}
