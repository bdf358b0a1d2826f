import { Link } from '@tanstack/react-router';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Job } from '../nouns';
import { paths } from '../paths';

/** Labels as people type them: `stage=prod`. */
export function labelTexts(labels: Job['labels']): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

/** The labels of a job; each leads to all jobs that have it. */
export function JobLabels({ team, job }: { team: string; job: Job }) {
  const { t } = useTranslation();
  const texts = labelTexts(job.labels);
  if (texts.length === 0) return null;
  return (
    <span className="ellipsis" data-testid="job-labels" title={texts.join(' ')}>
      {texts.map((text) => (
        <Link key={text} {...paths.jobs(team, { search: text })} aria-label={t('jobs.withLabel', { label: text })}>
          <Tag>{text}</Tag>
        </Link>
      ))}
    </span>
  );
}
