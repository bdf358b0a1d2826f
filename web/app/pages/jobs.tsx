import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { useDeferredValue, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { JobCreate } from '../forms/job-create';
import { JobStart } from '../forms/job-start';
import { JobStop } from '../forms/job-stop';
import type { Job } from '../nouns';
import { Empty } from '../parts/empty';
import { labelTexts } from '../parts/job-labels';
import { JobTable } from '../parts/job-table';
import { LabelTiles } from '../parts/label-tiles';
import { Loaded } from '../parts/loaded';
import { SearchField } from '../parts/search-field';
import { type JobsSearch, paths } from '../paths';
import { read } from '../queries/read';
import { useTitle } from '../title';

/** Whether a job is meant by what was typed: its name, description, cluster, labels as `key=value`, or sentence. */
export function matches(job: Job, typed: string): boolean {
  const wanted = typed.trim().toLocaleLowerCase();
  if (wanted === '') return true;
  const texts = [
    job.name,
    job.description,
    job.cluster?.name ?? '',
    job.status.sentence,
    job.id,
    job.run?.flinkJobId ?? '',
    ...labelTexts(job.labels),
  ];
  return texts.some((text) => text.toLocaleLowerCase().includes(wanted));
}

function useFound(jobs: readonly Job[], search: string, label: JobsSearch['label']) {
  const typed = useDeferredValue(search);
  return useMemo(() => {
    const named = jobs.filter((job) => matches(job, typed));
    return { named, shown: label ? named.filter((job) => job.status.label === label) : named };
  }, [jobs, typed, label]);
}

function Dialogs({ team, jobs, search, close }: { team: string; jobs: readonly Job[]; search: JobsSearch; close: () => void }) {
  const navigate = useNavigate();
  const job = jobs.find((one) => one.id === search.of);
  if (search.dialog === 'new') {
    return <JobCreate team={team} onClose={close} onCreated={(made) => void navigate(paths.job(team, made.id, 'sql'))} />;
  }
  if (job && search.dialog === 'start') return <JobStart team={team} job={job} onClose={close} />;
  if (job && search.dialog === 'stop') return <JobStop team={team} job={job} onClose={close} />;
  return null;
}

function JobList({ team, jobs, search }: { team: string; jobs: readonly Job[]; search: JobsSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const go = (next: JobsSearch, replace = false) => void navigate({ ...paths.jobs(team, next), replace });
  const { named, shown } = useFound(jobs, search.search ?? '', search.label);
  const filters: JobsSearch = {
    ...(search.search ? { search: search.search } : {}),
    ...(search.label ? { label: search.label } : {}),
  };
  const filtered = search.search !== undefined || search.label !== undefined;
  return (
    <>
      {jobs.length > 0 && (
        <LabelTiles
          jobs={named}
          selected={search.label}
          onSelect={(label) => go({ ...(search.search ? { search: search.search } : {}), ...(label ? { label } : {}) })}
        />
      )}
      {shown.length > 0 && <JobTable team={team} jobs={shown} open={(dialog, of) => go({ ...filters, dialog, of })} />}
      {shown.length === 0 && (
        <Empty
          action={
            filtered ? (
              <Button onClick={() => go({})}>{t('jobs.clear')}</Button>
            ) : (
              <Button type="primary" icon={<PlusOutlined />} onClick={() => go({ dialog: 'new' })}>
                {t('jobs.first')}
              </Button>
            )
          }
        >
          {filtered ? t('jobs.noneFound') : t('jobs.none')}
        </Empty>
      )}
      <Dialogs team={team} jobs={jobs} search={search} close={() => go(filters)} />
    </>
  );
}

export function JobsPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/jobs' });
  const search = useSearch({ from: '/frame/teams/$team/jobs' });
  const navigate = useNavigate();
  const jobs = useQuery(read.jobs(team));
  useTitle(t('jobs.title'), team);
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('jobs.title')}</h1>
        <SearchField
          label={t('jobs.search')}
          value={search.search ?? ''}
          change={(typed) => {
            const { label } = search;
            void navigate({ ...paths.jobs(team, { ...(typed ? { search: typed } : {}), ...(label ? { label } : {}) }), replace: true });
          }}
        />
        <span className="grow" />
        <Button
          type="primary"
          icon={<PlusOutlined />}
          data-testid="new-job"
          onClick={() => void navigate(paths.jobs(team, { ...search, dialog: 'new' }))}
        >
          {t('newJob.title')}
        </Button>
      </div>
      <Loaded query={jobs}>{(all) => <JobList team={team} jobs={all} search={search} />}</Loaded>
    </div>
  );
}
