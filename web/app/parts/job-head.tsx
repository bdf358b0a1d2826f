import { CaretRightOutlined, EditOutlined, MoreOutlined, PauseOutlined, RocketOutlined } from '@ant-design/icons';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Dropdown, type MenuProps } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job, Verdict } from '../nouns';
import { type JobDialog, type JobTab, paths } from '../paths';
import { ActionButton } from './action-button';
import { Ago } from './ago';
import { Conditions } from './conditions';
import { Evidence } from './evidence';
import { JobLabels } from './job-labels';
import { LabelTag } from './label-tag';
import { ReleaseMark } from './release-mark';
import { stopOf } from './stop-choice';
import { WebAddress } from './web-address';

interface Props {
  team: string;
  job: Job;
  tab: JobTab;
  open: (dialog: JobDialog) => void;
}

export type Primary = 'release' | 'start' | 'stop' | 'replace';

/** The one action that most likely comes next. */
export function primaryOf(job: Job): Primary {
  const { actions, run, releaseNumber } = job;
  if (releaseNumber === 0) return 'release';
  if (actions.start.allowed) return 'start';
  if (actions.replace.allowed && run && !run.endedAt && releaseNumber > run.releaseNumber) return 'replace';
  if (actions.stop.allowed || actions.cancel.allowed) return 'stop';
  return run && !run.endedAt ? 'stop' : 'start';
}

function PrimaryButton({ job, onSql, open, toSql }: { job: Job; onSql: boolean; open: Props['open']; toSql: () => void }) {
  const { t } = useTranslation();
  const { actions } = job;
  const primary = primaryOf(job);
  if (primary === 'release') {
    // On the SQL page its own button releases.
    if (onSql) return null;
    return (
      <Button type="primary" icon={<EditOutlined />} onClick={toSql} data-testid="primary-sql">
        {t('job.writeSql')}
      </Button>
    );
  }
  if (primary === 'stop') {
    return (
      <ActionButton action={stopOf(job)} icon={<PauseOutlined />} onClick={() => open('stop')} data-testid="stop">
        {t('job.stop')}
      </ActionButton>
    );
  }
  if (primary === 'replace') {
    return (
      <ActionButton type="primary" action={actions.replace} icon={<RocketOutlined />} onClick={() => open('replace')} data-testid="replace">
        {t('operation.startRelease', { release: job.releaseNumber })}
      </ActionButton>
    );
  }
  return (
    <ActionButton type="primary" action={actions.start} icon={<CaretRightOutlined />} onClick={() => open('start')} data-testid="start">
      {t('job.start')}
    </ActionButton>
  );
}

function MoreMenu({ job, open }: Pick<Props, 'job' | 'open'>) {
  const { t } = useTranslation();
  const { actions } = job;
  const primary = primaryOf(job);
  const item = (key: JobDialog, label: string, action: Verdict, danger = false) => ({
    key,
    danger,
    disabled: !action.allowed,
    onClick: () => open(key),
    label: (
      <span data-testid={`menu-${key}`} title={action.allowed ? undefined : action.reason}>
        {label}
        {!action.allowed && <span className="menu-reason">{action.reason}</span>}
      </span>
    ),
  });
  const items: MenuProps['items'] = [
    ...(primary === 'start' ? [] : [item('start', t('menu.start'), actions.start)]),
    ...(primary === 'stop' ? [] : [item('stop', t('menu.stop'), stopOf(job))]),
    item('savepoint', t('menu.savepoint'), actions.savepoint),
    ...(primary === 'replace' ? [] : [item('replace', t('menu.replace'), actions.replace)]),
    { type: 'divider' },
    item('restart', t('menu.restart'), actions.edit),
    item('rename', t('menu.rename'), actions.edit),
    item('detach', t('menu.detach'), actions.detach),
    item('delete', t('menu.delete'), actions.delete, true),
  ];
  return (
    <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight">
      <Button icon={<MoreOutlined />} aria-label={t('job.more')} data-testid="job-menu" />
    </Dropdown>
  );
}

/** Who it is, how it is, who says so, and what can be done. */
export function JobHead({ team, job, tab, open }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { status } = job;
  return (
    <section className="job-head" aria-label={job.name}>
      <div className="job-head-row">
        <div className="job-head-text">
          <div className="crumbs">
            <Link {...paths.jobs(team)}>{t('jobs.title')}</Link> <span aria-hidden="true">/</span>
          </div>
          <h1 title={job.name}>{job.name}</h1>
          <LabelTag label={status.label} strong testId="job-label" />
        </div>
        <div className="row">
          <PrimaryButton job={job} onSql={tab === 'sql'} open={open} toSql={() => void navigate(paths.job(team, job.id, 'sql'))} />
          <MoreMenu job={job} open={open} />
        </div>
      </div>
      <div className="job-head-sentence">
        <span data-testid="job-sentence">{status.sentence}</span>{' '}
        <span className="quiet">
          · <Ago at={status.since} />
        </span>
      </div>
      <div className="job-head-facts">
        <Evidence status={status} />
        <span className="quiet">
          {t('release')} <ReleaseMark job={job} />
        </span>
        {job.cluster && (
          <span className="quiet">
            {t('cluster')} <Link {...paths.cluster(team, job.cluster.id)}>{job.cluster.name}</Link>
          </span>
        )}
        {job.webAddress && (
          <span className="quiet">
            {!job.webAddress.url && t('web.flink')} <WebAddress address={job.webAddress} />
          </span>
        )}
        <JobLabels team={team} job={job} />
        {job.description && (
          <span className="quiet ellipsis" title={job.description}>
            {job.description}
          </span>
        )}
      </div>
      <Conditions conditions={status.conditions} />
    </section>
  );
}
