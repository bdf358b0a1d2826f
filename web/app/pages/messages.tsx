import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { App, Button, Card, Popconfirm, Switch, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NOTHING } from '../format';
import { DestinationCreate, TROUBLE } from '../forms/destination-create';
import type { Delivery, Destination } from '../nouns';
import { Clock } from '../parts/ago';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { useTitle } from '../title';

function place({ address }: Destination): string {
  return address.kind === 'webhook' ? `${address.preset} · ${address.host}` : address.to.join(', ');
}

function Destinations({ team }: { team: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const destinations = useQuery(read.destinations(team));
  const settled = () => void queries.invalidateQueries({ queryKey: read.destinations(team).queryKey });
  const remove = useMutation({ mutationFn: (id: string) => write.deleteDestination(team, id), onSettled: settled });
  const change = useMutation({
    mutationFn: ({ id, rules }: Destination) => write.changeDestination(team, id, { ...rules, enabled: !rules.enabled }),
    onSettled: settled,
  });
  const test = useMutation({
    mutationFn: (id: string) => write.testDestination(team, id),
    onSuccess: () => void message.success(t('messages.tested')),
  });
  const told = ({ rules }: Destination) => {
    const trouble = rules.trouble ?? [];
    if (trouble.length === TROUBLE.length && rules.recovered) return t('messages.all');
    return [...trouble.map((kind) => t(`trouble.${kind}`)), ...(rules.recovered ? [t('trouble.recovered')] : [])].join(', ');
  };
  return (
    <Card
      size="small"
      title={t('messages.destinations')}
      extra={
        <Button size="small" onClick={() => setAdding(true)} data-testid="destination-create">
          {t('messages.add')}
        </Button>
      }
    >
      <div className="stack-12">
        <ProblemAlert error={test.error ?? remove.error ?? change.error} />
        <Loaded query={destinations}>
          {({ items }) => (
            <Table<Destination>
              size="small"
              data-testid="destinations"
              rowKey="id"
              dataSource={items}
              locale={{ emptyText: t('messages.none') }}
              pagination={false}
              columns={[
                { title: t('messages.name'), dataIndex: 'name', ellipsis: true },
                { title: t('messages.where'), ellipsis: true, render: (_, one) => place(one) },
                { title: t('messages.rules'), ellipsis: true, render: (_, one) => told(one) },
                {
                  title: t('messages.enabled'),
                  width: 70,
                  render: (_, one) => (
                    <Switch
                      size="small"
                      checked={one.rules.enabled ?? true}
                      aria-label={t('messages.enabled')}
                      onChange={() => change.mutate(one)}
                    />
                  ),
                },
                {
                  title: <span className="hidden-text">{t('actions')}</span>,
                  width: 190,
                  align: 'right',
                  render: (_, one) => (
                    <span className="row">
                      <Button
                        size="small"
                        loading={test.isPending && test.variables === one.id}
                        onClick={() => test.mutate(one.id)}
                        data-testid={`test-${one.name}`}
                      >
                        {t('messages.test')}
                      </Button>
                      <Popconfirm
                        title={t('messages.deleteTitle', { name: one.name })}
                        okText={t('messages.delete')}
                        okButtonProps={{ danger: true }}
                        cancelText={t('goBack')}
                        onConfirm={() => remove.mutate(one.id)}
                      >
                        <Button size="small">{t('messages.delete')}</Button>
                      </Popconfirm>
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </div>
      {adding && <DestinationCreate team={team} onClose={() => setAdding(false)} />}
    </Card>
  );
}

function stateWord(state: string): 'waiting' | 'sent' | 'failed' {
  return state === 'sent' || state === 'failed' ? state : 'waiting';
}

function Deliveries({ team }: { team: string }) {
  const { t } = useTranslation();
  const deliveries = useQuery(read.deliveries(team));
  const destinations = useQuery(read.destinations(team));
  const nameOf = (id: string) => destinations.data?.items.find((one) => one.id === id)?.name ?? NOTHING;
  return (
    <Card size="small" title={t('messages.recent')}>
      <Loaded query={deliveries}>
        {({ items }) => (
          <Table<Delivery>
            size="small"
            data-testid="deliveries"
            rowKey="id"
            dataSource={items}
            locale={{ emptyText: t('messages.noneSent') }}
            pagination={{ pageSize: 20, hideOnSinglePage: true, size: 'small' }}
            expandable={{ expandedRowRender: (one) => <pre className="trace">{one.text}</pre> }}
            columns={[
              { title: t('messages.time'), width: 140, render: (_, one) => <Clock at={one.createdAt} /> },
              { title: t('messages.destination'), width: 120, ellipsis: true, render: (_, one) => nameOf(one.destinationId) },
              { title: t('messages.message'), dataIndex: 'subject', ellipsis: true },
              {
                title: t('messages.state'),
                ellipsis: true,
                render: (_, one) => (
                  <span title={one.error ?? undefined}>
                    {t(`messages.state.${stateWord(one.state)}`)}
                    {one.error && <span className="quiet"> · {one.error}</span>}
                  </span>
                ),
              },
              { title: t('messages.tries'), dataIndex: 'tries', width: 80, align: 'right' },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** Who is told when a job is in trouble, and what was said. */
export function MessagesPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/messages' });
  useTitle(t('messages.title'));
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('messages.title')}</h1>
        <span className="quiet">{t('messages.means')}</span>
      </div>
      <Destinations team={team} />
      <Deliveries team={team} />
    </div>
  );
}
