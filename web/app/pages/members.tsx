import { UserAddOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Alert, Button, Card, Popconfirm, Table, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { MemberInvite } from '../forms/member-invite';
import type { Invitation, Member, Role } from '../nouns';
import { Ago, Clock } from '../parts/ago';
import { AuditTable } from '../parts/audit-table';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { RoleSelect } from '../parts/role-select';
import { paths } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { useTitle } from '../title';

function Members({ team, admin }: { team: string; admin: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const members = useQuery(read.members(team));
  const settled = () => void queries.invalidateQueries({ queryKey: read.members(team).queryKey });
  const change = useMutation({
    mutationFn: ({ user, role }: { user: string; role: Role }) => write.setMember(team, user, role),
    onSettled: settled,
  });
  const remove = useMutation({ mutationFn: (user: string) => write.removeMember(team, user), onSettled: settled });
  const busy = change.isPending ? change.variables.user : undefined;
  return (
    <Card size="small" title={t('member.title')}>
      <ProblemAlert error={change.error ?? remove.error} />
      <Loaded query={members}>
        {({ items }) => (
          <Table<Member>
            size="small"
            rowKey="userId"
            data-testid="members"
            dataSource={items}
            locale={{ emptyText: t('member.none') }}
            pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
            columns={[
              {
                title: t('signIn.name'),
                ellipsis: true,
                render: (_, member) => (
                  <>
                    {member.name} {member.disabled && <span className="chip chip-warning">{t('user.disabled')}</span>}
                  </>
                ),
              },
              {
                title: t('member.role'),
                width: 170,
                render: (_, member) =>
                  admin ? (
                    <RoleSelect
                      size="small"
                      label={t('member.roleOf', { name: member.name })}
                      value={member.role}
                      loading={busy === member.userId}
                      onChange={(role) => change.mutate({ user: member.userId, role })}
                    />
                  ) : (
                    t(`role.${member.role}`)
                  ),
              },
              ...(admin
                ? [
                    {
                      title: <span className="hidden-text">{t('actions')}</span>,
                      width: 110,
                      align: 'right' as const,
                      render: (_: unknown, member: Member) => (
                        <Popconfirm
                          title={t('member.removeTitle', { name: member.name })}
                          description={<div className="narrow-text">{t('member.removeMeans')}</div>}
                          okText={t('member.remove')}
                          okButtonProps={{ danger: true }}
                          cancelText={t('goBack')}
                          onConfirm={() => remove.mutate(member.userId)}
                        >
                          <Button size="small">{t('member.remove')}</Button>
                        </Popconfirm>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Invitations({ team }: { team: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const invitations = useQuery(read.invitations(team));
  const revoke = useMutation({
    mutationFn: (id: string) => write.revokeInvitation(team, id),
    onSettled: () => void queries.invalidateQueries({ queryKey: read.invitations(team).queryKey }),
  });
  return (
    <Card size="small" title={t('invite.open')}>
      <ProblemAlert error={revoke.error} />
      <Loaded query={invitations}>
        {({ items }) => (
          <Table<Invitation>
            size="small"
            rowKey="id"
            data-testid="invitations"
            dataSource={items}
            locale={{ emptyText: t('invite.none') }}
            pagination={{ pageSize: 20, hideOnSinglePage: true, size: 'small' }}
            columns={[
              { title: t('invite.note'), ellipsis: true, render: (_, one) => one.note || <span className="quiet">–</span> },
              { title: t('member.role'), width: 120, render: (_, one) => t(`role.${one.role}`) },
              { title: t('invite.by'), width: 130, ellipsis: true, render: (_, one) => one.createdBy.name },
              { title: t('invite.made'), width: 110, render: (_, one) => <Ago at={one.createdAt} /> },
              { title: t('account.until'), width: 140, render: (_, one) => <Clock at={one.expiresAt} /> },
              {
                title: <span className="hidden-text">{t('actions')}</span>,
                width: 100,
                align: 'right',
                render: (_, one) => (
                  <Button size="small" onClick={() => revoke.mutate(one.id)}>
                    {t('token.revoke')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Audit({ team }: { team: string }) {
  const members = useQuery(read.members(team));
  return <AuditTable team={team} people={members.data?.items.map((member) => member.name) ?? []} />;
}

export function MembersPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/members' });
  const { dialog, tab = 'members' } = useSearch({ from: '/frame/teams/$team/members' });
  const navigate = useNavigate();
  const me = useQuery(read.me());
  const admin = me.data?.teams.find((one) => one.name === team || one.id === team)?.role === 'team_admin';
  useTitle(t('nav.people'), team);
  const people = (
    <div className="stack-12">
      {!admin && me.data && <Alert type="info" showIcon title={t('member.onlyAdmin')} />}
      <Members team={team} admin={admin} />
      {admin && <Invitations team={team} />}
    </div>
  );
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('nav.people')}</h1>
        <span className="grow" />
        {admin && (
          <Button
            type="primary"
            icon={<UserAddOutlined />}
            data-testid="invite"
            onClick={() => void navigate(paths.members(team, { dialog: 'invite' }))}
          >
            {t('invite.title')}
          </Button>
        )}
      </div>
      {admin ? (
        <Tabs
          size="small"
          tabBarStyle={{ marginBottom: 12 }}
          activeKey={tab}
          onChange={(key) => void navigate(paths.members(team, key === 'audit' ? { tab: 'audit' } : {}))}
          destroyOnHidden
          items={[
            { key: 'members', label: t('member.title'), children: people },
            { key: 'audit', label: t('audit.title'), children: <Audit team={team} /> },
          ]}
        />
      ) : (
        people
      )}
      {admin && dialog === 'invite' && <MemberInvite team={team} onClose={() => void navigate(paths.members(team))} />}
    </div>
  );
}
