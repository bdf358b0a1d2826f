import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { paths } from '../paths';
import { readStored } from '../preferences';
import { read } from '../queries/read';

/** Goes to the jobs of the team that was open last, else of the first one. */
export function Home() {
  const { t } = useTranslation();
  const me = useQuery(read.me());
  return (
    <Loaded query={me}>
      {({ teams }) => {
        const last = readStored('team');
        const team = teams.find((one) => one.name === last) ?? teams[0];
        return team ? <Navigate {...paths.jobs(team.name)} replace /> : <Empty>{t('home.noTeam')}</Empty>;
      }}
    </Loaded>
  );
}
