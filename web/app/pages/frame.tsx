import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams, useRouterState } from '@tanstack/react-router';
import { Select, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { follow } from '../live/feed';
import { gatherer } from '../live/invalidate';
import type { Me } from '../nouns';
import { Keyboard } from '../parts/keyboard';
import { LiveBanner } from '../parts/live-banner';
import { Mark } from '../parts/mark';
import { ProblemAlert } from '../parts/problem-alert';
import { UserMenu } from '../parts/user-menu';
import { paths } from '../paths';
import { readStored, writeStored } from '../preferences';
import { isSignedOut } from '../problem';
import { read } from '../queries/read';

/** Follows the change feed while somebody is signed in. */
function useFeed(signedIn: boolean) {
  const queries = useQueryClient();
  useEffect(() => {
    if (!signedIn) return;
    const gather = gatherer(queries);
    return follow({
      change: gather.add,
      reset: gather.all,
      begun: gather.begun,
      refused: () => void queries.invalidateQueries({ queryKey: read.me().queryKey }),
    });
  }, [queries, signedIn]);
}

function useTeam(me: Me | undefined): string | undefined {
  const params = useParams({ strict: false });
  const named = 'team' in params ? params.team : undefined;
  useEffect(() => {
    if (named) writeStored('team', named);
  }, [named]);
  if (named) return named;
  const last = readStored('team');
  return me?.teams.find((team) => team.name === last)?.name ?? me?.teams[0]?.name;
}

function Header({ me, team, openHelp }: { me: Me; team: string | undefined; openHelp: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const active = { className: 'active' };
  return (
    <header className="top">
      <Link {...paths.home()} className="brand" aria-label={t('brand')}>
        <Mark />
        <span>{t('brand')}</span>
      </Link>
      <nav aria-label={t('nav.label')}>
        {team && (
          <>
            <Link {...paths.jobs(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-jobs">
              {t('nav.jobs')}
            </Link>
            <Link {...paths.clusters(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-clusters">
              {t('nav.clusters')}
            </Link>
            <Link {...paths.artifacts(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-artifacts">
              {t('nav.artifacts')}
            </Link>
            <Link {...paths.variables(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-variables">
              {t('nav.variables')}
            </Link>
            <Link {...paths.members(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-people">
              {t('nav.people')}
            </Link>
            <Link {...paths.messages(team)} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-messages">
              {t('nav.messages')}
            </Link>
          </>
        )}
        <Link {...paths.versions()} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-versions">
          {t('nav.versions')}
        </Link>
        {me.user.platformAdmin && (
          <Link {...paths.targets()} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-targets">
            {t('nav.targets')}
          </Link>
        )}
        {me.user.platformAdmin && (
          <Link {...paths.administration()} activeProps={active} activeOptions={{ includeSearch: false }} data-testid="nav-administration">
            {t('nav.administration')}
          </Link>
        )}
      </nav>
      <span className="grow" />
      {me.teams.length > 0 && (
        <Select
          size="small"
          variant="filled"
          popupMatchSelectWidth={false}
          aria-label={t('nav.team')}
          data-testid="team"
          value={team ?? null}
          showSearch={me.teams.length > 8}
          options={me.teams.map((one) => ({ value: one.name, label: one.name }))}
          onChange={(name) => name && void navigate(paths.jobs(name))}
        />
      )}
      <UserMenu me={me} openHelp={openHelp} />
    </header>
  );
}

export function Frame() {
  const { t } = useTranslation();
  const me = useQuery(read.me());
  const team = useTeam(me.data);
  const [help, setHelp] = useState(false);
  const loading = useRouterState({ select: (state) => state.status === 'pending' });
  useFeed(me.data !== undefined && !isSignedOut(me.error));
  if (!me.data) {
    return (
      <main className="page">
        {me.isError && !isSignedOut(me.error) ? (
          <ProblemAlert error={me.error} retry={() => void me.refetch()} />
        ) : (
          <Skeleton active paragraph={{ rows: 6 }} />
        )}
      </main>
    );
  }
  return (
    <>
      <a className="skip" href="#main">
        {t('nav.skip')}
      </a>
      <Header me={me.data} team={team} openHelp={() => setHelp(true)} />
      <LiveBanner />
      <Keyboard team={team} help={help} setHelp={setHelp} />
      <main className="page" id="main" aria-busy={loading}>
        <Outlet />
      </main>
    </>
  );
}
