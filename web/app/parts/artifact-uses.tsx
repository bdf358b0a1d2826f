import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Artifact, ArtifactUse } from '../nouns';
import { paths } from '../paths';

function Use({ team, use }: { team: string; use: ArtifactUse }) {
  const { t } = useTranslation();
  const { name } = use;
  if (use.clusterId && use.by === 'cluster_processes')
    return <Link {...paths.cluster(team, use.clusterId)}>{t('artifact.byProcesses', { name })}</Link>;
  if (use.clusterId) return <Link {...paths.cluster(team, use.clusterId)}>{t('artifact.byCluster', { name })}</Link>;
  if (!use.jobId) return <span>{name}</span>;
  if (use.by === 'draft') return <Link {...paths.job(team, use.jobId, 'sql')}>{t('artifact.byDraft', { name })}</Link>;
  const number = use.releaseNumber ?? 0;
  return <Link {...paths.job(team, use.jobId, 'releases', { release: number })}>{t('artifact.byRelease', { name, number })}</Link>;
}

const key = (use: ArtifactUse) => `${use.by} ${use.jobId ?? use.clusterId ?? use.name} ${use.releaseNumber ?? ''}`;

/** Who uses an artifact, as links; a few, or all that the server named. */
export function ArtifactUses({ team, artifact, most }: { team: string; artifact: Artifact; most: number }) {
  const { t } = useTranslation();
  if (artifact.uses === 0) return <span className="quiet">{t('artifact.unused')}</span>;
  const shown = artifact.usedBy.slice(0, most);
  return (
    <span className="comma-list">
      {shown.map((use) => (
        <Use key={key(use)} team={team} use={use} />
      ))}
      {artifact.uses > shown.length && <span className="quiet">{t('artifact.more', { count: artifact.uses - shown.length })}</span>}
    </span>
  );
}
