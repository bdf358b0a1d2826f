import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, App, Button, Dropdown, Input, Popconfirm, Table, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TeamCreate } from '../forms/team-create';
import { UserCreate } from '../forms/user-create';
import type { Account, Team } from '../nouns';
import { Ago } from '../parts/ago';
import { AuditTable } from '../parts/audit-table';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { SecretOnce } from '../parts/secret-once';
import { paths, signInLink } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { useTitle } from '../title';

/** Names that contain a text, in any case. */
export const named = <T extends { name: string }>(items: readonly T[], search: string) =>
  items.filter((one) => one.name.toLowerCase().includes(search.trim().toLowerCase()));

function UserActions({ user }: { user: Account }) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const queries = useQueryClient();
  const failed = (error: unknown) => void modal.error({ title: t('user.notChanged'), content: <ProblemAlert error={error} /> });
  const settled = () => void queries.invalidateQueries({ queryKey: read.users().queryKey });
  const change = useMutation({
    mutationFn: (body: { platformAdmin?: boolean; disabled?: boolean }) => write.changeUser(user.id, body),
    onError: failed,
    onSettled: settled,
  });
  const link = useMutation({
    mutationFn: () => write.createUserLink(user.id),
    onError: failed,
    onSuccess: ({ secret }) =>
      void modal.info({
        title: t('user.linkTitle', { name: user.name }),
        width: 560,
        okText: t('token.kept'),
        content: <SecretOnce text={signInLink(secret)}>{t('user.linkOnce')}</SecretOnce>,
      }),
  });
  const disable = () =>
    void modal.confirm({
      title: t('user.disableTitle', { name: user.name }),
      content: t('user.disableMeans'),
      okText: t('user.disable'),
      okButtonProps: { danger: true },
      cancelText: t('goBack'),
      onOk: () => change.mutateAsync({ disabled: true }).catch(() => undefined),
    });
  const off = Boolean(user.disabledAt);
  return (
    <Dropdown.Button
      size="small"
      trigger={['click']}
      loading={change.isPending || link.isPending}
      onClick={() => (off ? change.mutate({ disabled: false }) : disable())}
      menu={{
        items: [
          { key: 'link', label: t('user.link'), disabled: off, onClick: () => link.mutate() },
          {
            key: 'admin',
            label: user.platformAdmin ? t('user.demote') : t('user.promote'),
            onClick: () => change.mutate({ platformAdmin: !user.platformAdmin }),
          },
        ],
      }}
    >
      {off ? t('user.enable') : t('user.disable')}
    </Dropdown.Button>
  );
}

function Users() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const users = useQuery(read.users());
  return (
    <div className="stack-12">
      <Input.Search
        allowClear
        placeholder={t('user.search')}
        style={{ maxWidth: 320 }}
        onChange={(event) => setSearch(event.target.value)}
      />
      <Loaded query={users}>
        {(all) => (
          <Table<Account>
            size="small"
            rowKey="id"
            data-testid="users"
            dataSource={named(all, search)}
            pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
            tableLayout="fixed"
            scroll={{ x: 640 }}
            columns={[
              { title: t('signIn.name'), dataIndex: 'name', ellipsis: true },
              {
                title: t('user.state'),
                width: 260,
                render: (_, user) => (
                  <>
                    {user.platformAdmin && <span className="chip chip-active">{t('user.platformAdmin')}</span>}{' '}
                    {user.disabledAt && <span className="chip chip-warning">{t('user.disabled')}</span>}{' '}
                    {!user.passwordSet && !user.disabledAt && <span className="chip">{t('user.noPassword')}</span>}
                  </>
                ),
              },
              { title: t('invite.made'), width: 120, render: (_, user) => <Ago at={user.createdAt} /> },
              {
                title: <span className="hidden-text">{t('actions')}</span>,
                width: 150,
                align: 'right',
                render: (_, user) => <UserActions user={user} />,
              },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}

function Teams() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const teams = useQuery(read.teams());
  const change = useMutation({
    mutationFn: ({ team, disabled }: { team: string; disabled: boolean }) => write.changeTeam(team, disabled),
    onSettled: () => void queries.invalidateQueries({ queryKey: read.teams().queryKey }),
  });
  const action = (team: Team) =>
    team.disabledAt ? (
      <Button size="small" onClick={() => change.mutate({ team: team.id, disabled: false })}>
        {t('user.enable')}
      </Button>
    ) : (
      <Popconfirm
        title={t('user.disableTitle', { name: team.name })}
        description={<div className="narrow-text">{t('team.disableMeans')}</div>}
        okText={t('user.disable')}
        okButtonProps={{ danger: true }}
        cancelText={t('goBack')}
        onConfirm={() => change.mutate({ team: team.id, disabled: true })}
      >
        <Button size="small">{t('user.disable')}</Button>
      </Popconfirm>
    );
  return (
    <div className="stack-12">
      <ProblemAlert error={change.error} />
      <Loaded query={teams}>
        {({ items }) => (
          <Table<Team>
            size="small"
            rowKey="id"
            data-testid="teams"
            dataSource={items}
            pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
            columns={[
              { title: t('team.name'), ellipsis: true, render: (_, team) => <Link {...paths.members(team.name)}>{team.name}</Link> },
              {
                title: t('user.state'),
                width: 160,
                render: (_, team) => team.disabledAt && <span className="chip chip-warning">{t('user.disabled')}</span>,
              },
              { title: t('invite.made'), width: 120, render: (_, team) => <Ago at={team.createdAt} /> },
              {
                title: <span className="hidden-text">{t('actions')}</span>,
                width: 120,
                align: 'right',
                render: (_, team) => action(team),
              },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}

function Audit() {
  const users = useQuery(read.users());
  return <AuditTable people={users.data?.map((user) => user.name) ?? []} />;
}

export function AdministrationPage() {
  const { t } = useTranslation();
  const { dialog, tab = 'users' } = useSearch({ from: '/frame/administration' });
  const navigate = useNavigate();
  const me = useQuery(read.me());
  useTitle(t('nav.administration'));
  const go = (search: Parameters<typeof paths.administration>[0]) => void navigate(paths.administration(search));
  if (me.data && !me.data.user.platformAdmin) return <Alert type="info" showIcon title={t('administration.onlyAdmin')} />;
  const create = tab === 'teams' ? 'team' : 'user';
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('nav.administration')}</h1>
        <span className="grow" />
        {tab !== 'audit' && (
          <Button type="primary" icon={<PlusOutlined />} data-testid={`create-${create}`} onClick={() => go({ tab, dialog: create })}>
            {t(`${create}.create`)}
          </Button>
        )}
      </div>
      <Tabs
        size="small"
        tabBarStyle={{ marginBottom: 12 }}
        activeKey={tab}
        onChange={(key) => go({ tab: key as 'users' | 'teams' | 'audit' })}
        destroyOnHidden
        items={[
          { key: 'users', label: t('user.title'), children: <Users /> },
          { key: 'teams', label: t('team.title'), children: <Teams /> },
          { key: 'audit', label: t('audit.title'), children: <Audit /> },
        ]}
      />
      {dialog === 'user' && <UserCreate onClose={() => go({ tab })} />}
      {dialog === 'team' && <TeamCreate onClose={() => go({ tab })} onDone={(team) => void navigate(paths.members(team))} />}
    </div>
  );
}
