import { Link } from '@tanstack/react-router';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { VariableUser } from '../nouns';
import { paths } from '../paths';

/** The jobs that use a variable, as links, with what they need to use its newest value. */
export function VariableUsers({ team, users }: { team: string; users: readonly VariableUser[] }) {
  const { t } = useTranslation();
  if (users.length === 0) return <span className="quiet">{t('variable.unused')}</span>;
  return (
    <span className="comma-list">
      {users.map((user) => (
        <span key={user.jobId} data-testid="variable-user" data-need={user.need ?? 'none'}>
          <Link {...paths.job(team, user.jobId, user.draft ? 'sql' : 'releases')}>{user.job}</Link>
          {user.need && (
            <>
              {' '}
              <Tag color="volcano">{t(`variable.need.${user.need}`)}</Tag>
            </>
          )}
        </span>
      ))}
    </span>
  );
}
