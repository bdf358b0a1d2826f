import { DeleteOutlined, EditOutlined, LockOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Popconfirm, Table, Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Variable } from '../nouns';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { Ago } from './ago';
import { CopyText } from './copy';
import { ProblemAlert } from './problem-alert';
import { VariableUsers } from './variable-users';

function Delete({ team, variable: { name, usedBy } }: { team: string; variable: Variable }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const remove = useMutation({
    mutationFn: () => write.deleteVariable(team, name),
    onSuccess: () => void queries.invalidateQueries({ queryKey: read.variables(team).queryKey }),
    onError: (error) => void modal.error({ title: t('variable.notDeleted'), content: <ProblemAlert error={error} /> }),
  });
  const title = usedBy.length > 0 ? t('variable.deleteUsed') : t('variable.deleteTitle', { name });
  const button = (
    <Button
      type="text"
      size="small"
      icon={<DeleteOutlined />}
      disabled={usedBy.length > 0}
      loading={remove.isPending}
      aria-label={title}
      data-testid="variable-delete"
    />
  );
  if (usedBy.length > 0) {
    return (
      <Tooltip title={title}>
        <span>{button}</span>
      </Tooltip>
    );
  }
  return (
    <Popconfirm
      title={title}
      description={<div className="narrow-text">{t('variable.deleteMeans')}</div>}
      okText={t('variable.delete')}
      okButtonProps={{ danger: true }}
      cancelText={t('goBack')}
      onConfirm={() => remove.mutate()}
    >
      {button}
    </Popconfirm>
  );
}

function Value({ variable: { secret, value } }: { variable: Variable }) {
  const { t } = useTranslation();
  if (secret) return <Tag icon={<LockOutlined />}>{t('variable.secret')}</Tag>;
  if (value === '') return <span className="quiet">{t('variable.empty')}</span>;
  return (
    <code className="one-line" title={value ?? ''}>
      {value}
    </code>
  );
}

interface Props {
  team: string;
  variables: Variable[];
  /** Whether the person may change and delete. */
  mayChange: boolean;
  edit: (name: string) => void;
}

/** The variables of a team: what they stand for, and who uses them. */
export function VariableTable({ team, variables, mayChange, edit }: Props) {
  const { t } = useTranslation();
  return (
    <Table<Variable>
      size="small"
      rowKey="id"
      data-testid="variables"
      dataSource={variables}
      tableLayout="fixed"
      pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: 960 }}
      columns={[
        {
          title: t('variable.name'),
          width: '24%',
          render: (_, one) => (
            <>
              <CopyText text={`\${${one.name}}`} shown={`\${${one.name}}`} />
              {one.description && <div className="quiet one-line">{one.description}</div>}
            </>
          ),
        },
        { title: t('variable.value'), ellipsis: true, render: (_, one) => <Value variable={one} /> },
        { title: t('variable.usedBy'), width: '30%', render: (_, one) => <VariableUsers team={team} users={one.usedBy} /> },
        { title: t('variable.revision'), width: 90, align: 'right', render: (_, one) => <span className="figure">{one.revision}</span> },
        {
          title: t('variable.changed'),
          width: 130,
          ellipsis: true,
          render: (_, one) => (
            <>
              <Ago at={one.changedAt} />
              <div className="quiet one-line">{one.changedBy.name}</div>
            </>
          ),
        },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 76,
          align: 'right',
          render: (_, one) =>
            mayChange && (
              <span className="no-wrap">
                <Tooltip title={t('variable.change')}>
                  <Button
                    type="text"
                    size="small"
                    icon={<EditOutlined />}
                    aria-label={t('variable.changeOf', { name: one.name })}
                    data-testid="variable-edit"
                    onClick={() => edit(one.name)}
                  />
                </Tooltip>
                <Delete team={team} variable={one} />
              </span>
            ),
        },
      ]}
    />
  );
}
