import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Popconfirm, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordSet } from '../forms/password-set';
import { TokenCreate } from '../forms/token-create';
import type { Session, Token } from '../nouns';
import { Ago, Clock } from '../parts/ago';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { useTitle } from '../title';

/** `Firefox · Linux` out of what the browser says of itself. */
export function browserOf(userAgent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(userAgent)?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera' };
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(userAgent)?.[1];
  const words = [browser && (names[browser] ?? browser), system?.replace('Mac OS X', 'macOS')].filter(Boolean);
  return words.length > 0 ? words.join(' · ') : userAgent.slice(0, 60);
}

function Sessions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const sessions = useQuery(read.sessions());
  const end = useMutation({
    mutationFn: (id: string) => write.endSession(id),
    onSettled: () => void queries.invalidateQueries({ queryKey: read.sessions().queryKey }),
  });
  return (
    <Card size="small" title={t('account.sessions')}>
      <ProblemAlert error={end.error} />
      <Loaded query={sessions}>
        {({ items }) => (
          <Table<Session>
            size="small"
            rowKey="id"
            dataSource={items}
            pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
            columns={[
              {
                title: t('account.browser'),
                render: (_, session) => (
                  <span title={session.userAgent}>
                    {browserOf(session.userAgent)} {session.current && <span className="chip chip-active">{t('account.thisOne')}</span>}
                  </span>
                ),
              },
              { title: t('audit.from'), width: 140, ellipsis: true, render: (_, session) => <code>{session.address}</code> },
              { title: t('account.since'), width: 110, render: (_, session) => <Ago at={session.createdAt} /> },
              { title: t('account.until'), width: 150, render: (_, session) => <Clock at={session.expiresAt} /> },
              {
                title: <span className="hidden-text">{t('actions')}</span>,
                width: 100,
                align: 'right',
                render: (_, session) => (
                  <Button size="small" onClick={() => end.mutate(session.id)}>
                    {t('account.end')}
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

function Tokens() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const tokens = useQuery(read.tokens());
  const remove = useMutation({
    mutationFn: (id: string) => write.deleteToken(id),
    onSettled: () => void queries.invalidateQueries({ queryKey: read.tokens().queryKey }),
  });
  return (
    <Card
      size="small"
      title={t('account.tokens')}
      extra={
        <Button size="small" onClick={() => setMaking(true)} data-testid="token-create">
          {t('token.title')}
        </Button>
      }
    >
      <ProblemAlert error={remove.error} />
      <Loaded query={tokens}>
        {({ items }) => (
          <Table<Token>
            size="small"
            rowKey="id"
            dataSource={items}
            locale={{ emptyText: t('account.noTokens') }}
            pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
            columns={[
              { title: t('token.name'), dataIndex: 'name', ellipsis: true },
              {
                title: t('token.scope'),
                width: 190,
                ellipsis: true,
                render: (_, { scope }) => (scope ? `${scope.team || scope.teamId} · ${t(`role.${scope.role}`)}` : t('token.all')),
              },
              {
                title: t('token.lastUsed'),
                width: 110,
                render: (_, token) => (token.lastUsedAt ? <Ago at={token.lastUsedAt} /> : t('token.unused')),
              },
              {
                title: t('token.expires'),
                width: 150,
                render: (_, token) => (token.expiresAt ? <Clock at={token.expiresAt} /> : t('token.never')),
              },
              {
                title: <span className="hidden-text">{t('actions')}</span>,
                width: 100,
                align: 'right',
                render: (_, token) => (
                  <Popconfirm
                    title={t('token.revokeTitle', { name: token.name })}
                    description={t('token.revokeMeans')}
                    okText={t('token.revoke')}
                    okButtonProps={{ danger: true }}
                    cancelText={t('goBack')}
                    onConfirm={() => remove.mutate(token.id)}
                  >
                    <Button size="small">{t('token.revoke')}</Button>
                  </Popconfirm>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {making && <TokenCreate onClose={() => setMaking(false)} />}
    </Card>
  );
}

export function AccountPage() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const me = useQuery(read.me());
  useTitle(t('menu.account'));
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('menu.account')}</h1>
        <span className="quiet">{me.data?.user.name}</span>
      </div>
      <div className="account">
        <div className="stack-12">
          <Sessions />
          <Tokens />
        </div>
        <Card size="small" title={t('password.title')}>
          <Loaded query={me}>
            {({ passwordSet }) => (
              <PasswordSet
                key={String(passwordSet)}
                askCurrent={passwordSet}
                onDone={() => {
                  void message.success(t('password.done'));
                  void queries.invalidateQueries({ queryKey: read.me().queryKey });
                }}
              />
            )}
          </Loaded>
        </Card>
      </div>
    </div>
  );
}
