import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { VariableSet } from '../forms/variable-set';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { SearchField } from '../parts/search-field';
import { VariableTable } from '../parts/variable-table';
import { paths, type VariablesSearch } from '../paths';
import { read } from '../queries/read';
import { useTitle } from '../title';

/** Whether the person may make, change and delete variables in a team. */
function useMayChange(team: string): boolean {
  const me = useQuery(read.me());
  const role = me.data?.teams.find((one) => one.name === team)?.role;
  return me.data?.user.platformAdmin === true || role === 'developer' || role === 'team_admin';
}

export function VariablesPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/variables' });
  const { dialog, of, search = '' } = useSearch({ from: '/frame/teams/$team/variables' });
  const navigate = useNavigate();
  const mayChange = useMayChange(team);
  const variables = useQuery(read.variables(team));
  const wanted = useDeferredValue(search).trim().toLocaleLowerCase();
  const kept = search ? { search } : {};
  const go = (next: VariablesSearch, replace = false) => void navigate({ ...paths.variables(team, next), replace });
  useTitle(t('variable.title'), team);
  return (
    <section className="stack-12" aria-label={t('variable.title')}>
      <div className="page-head">
        <h1>{t('variable.title')}</h1>
        <SearchField label={t('variable.search')} value={search} change={(typed) => go(typed ? { search: typed } : {}, true)} />
        <span className="grow" />
        {mayChange && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="variable-add" onClick={() => go({ ...kept, dialog: 'new' })}>
            {t('variable.add')}
          </Button>
        )}
      </div>
      <span className="quiet">{t('variable.means')}</span>
      <Loaded query={variables}>
        {({ items }) => {
          const shown = items.filter((one) => [one.name, one.description].some((text) => text.toLocaleLowerCase().includes(wanted)));
          const edited = dialog === 'edit' ? items.find((one) => one.name === of) : undefined;
          return (
            <>
              {shown.length > 0 ? (
                <VariableTable
                  team={team}
                  variables={shown}
                  mayChange={mayChange}
                  edit={(name) => go({ ...kept, dialog: 'edit', of: name })}
                />
              ) : (
                <Empty>{items.length > 0 ? t('variable.noneFound') : t('variable.none')}</Empty>
              )}
              {edited && <VariableSet team={team} variable={edited} onClose={() => go(kept)} />}
            </>
          );
        }}
      </Loaded>
      {dialog === 'new' && <VariableSet team={team} onClose={() => go(kept)} />}
    </section>
  );
}
