import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { App, Button, Popconfirm, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Target } from '../nouns';
import { paths } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { Ago } from './ago';
import { CopyText } from './copy';
import { ProblemAlert } from './problem-alert';
import { TargetState } from './target-checks';

/** The targets, with what their last tests said and who may use them. */
export function TargetTable({ targets }: { targets: Target[] }) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: (id: string) => write.deleteTarget(id),
    onSuccess: () => void queries.invalidateQueries({ queryKey: read.targets().queryKey }),
    onError: (error) => void modal.error({ title: t('targets.notRemoved'), content: <ProblemAlert error={error} /> }),
  });
  const grantOf = ({ allTeams, teams }: Target) =>
    allTeams ? t('grant.all') : teams.map((team) => team.name).join(', ') || t('grant.none');
  return (
    <Table<Target>
      size="small"
      rowKey="id"
      data-testid="targets"
      dataSource={targets}
      pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
      tableLayout="fixed"
      scroll={{ x: 980 }}
      columns={[
        {
          title: t('targets.name'),
          ellipsis: true,
          render: (_, target) => (
            <Link {...paths.targets({ dialog: 'edit', of: target.id })} title={target.name}>
              {target.name}
            </Link>
          ),
        },
        { title: t('targets.namespace'), dataIndex: 'namespace', width: 140, ellipsis: true },
        { title: t('targets.access'), width: 150, ellipsis: true, render: (_, { access }) => t(`targets.access.${access.kind}`) },
        {
          title: t('targets.stateRoot'),
          ellipsis: true,
          render: (_, { stateRoot }) => (stateRoot ? <CopyText text={stateRoot} /> : <span className="quiet">–</span>),
        },
        {
          title: t('targets.testState'),
          width: 190,
          render: (_, { id, name, test }) => (
            <button
              type="button"
              className="bare-button"
              aria-label={t('targets.testTitle', { name })}
              onClick={() => void navigate(paths.targets({ dialog: 'test', of: id }))}
            >
              <TargetState test={test} /> {test && <Ago at={test.testedAt} />}
            </button>
          ),
        },
        {
          title: t('grant.column'),
          width: 170,
          ellipsis: true,
          render: (_, target) => (
            <Button type="link" size="small" onClick={() => void navigate(paths.targets({ dialog: 'grant', of: target.id }))}>
              {grantOf(target)}
            </Button>
          ),
        },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 160,
          align: 'right',
          render: (_, target) => (
            <span className="row-end">
              <Button
                size="small"
                data-testid={`test-${target.name}`}
                onClick={() => void navigate(paths.targets({ dialog: 'test', of: target.id }))}
              >
                {t('targets.test')}
              </Button>
              <Popconfirm
                title={t('targets.removeTitle', { name: target.name })}
                description={<div className="narrow-text">{t('targets.removeMeans')}</div>}
                okText={t('targets.remove')}
                okButtonProps={{ danger: true }}
                cancelText={t('goBack')}
                onConfirm={() => remove.mutate(target.id)}
              >
                <Button size="small">{t('targets.remove')}</Button>
              </Popconfirm>
            </span>
          ),
        },
      ]}
    />
  );
}
