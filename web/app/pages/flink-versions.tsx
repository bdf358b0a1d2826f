import { CheckCircleFilled, CloseCircleFilled, DownloadOutlined, FolderOpenOutlined, LoadingOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, App, Button, Card, Popconfirm, Progress, Table } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FlinkVersionAdd } from '../forms/flink-version-add';
import { FlinkVersionGrant } from '../forms/flink-version-grant';
import { FlinkVersionInstall } from '../forms/flink-version-install';
import type { FlinkVersion, Installation } from '../nouns';
import { Ago, Lasting } from '../parts/ago';
import { CopyText } from '../parts/copy';
import { Empty } from '../parts/empty';
import { ToneTag } from '../parts/label-tag';
import { Loaded } from '../parts/loaded';
import { ProblemAlert } from '../parts/problem-alert';
import { paths } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';
import type { Tone } from '../theme';
import { useTitle } from '../title';

const LOOKS: Record<Installation['state'], { tone: Tone; icon: ReactNode }> = {
  running: { tone: 'active', icon: <LoadingOutlined /> },
  succeeded: { tone: 'good', icon: <CheckCircleFilled /> },
  failed: { tone: 'bad', icon: <CloseCircleFilled /> },
};

function InstallationRow({ installation }: { installation: Installation }) {
  const { t } = useTranslation();
  const { state, share, message, error } = installation;
  return (
    <article className="operation" data-testid="installation" data-state={state}>
      <header>
        <strong>Flink {installation.version}</strong>
        <ToneTag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
          {t(`installation.state.${state}`)}
        </ToneTag>
        <span className="quiet">
          <Lasting from={installation.startedAt} to={installation.endedAt} /> · <Ago at={installation.startedAt} />
        </span>
      </header>
      {state === 'running' && (
        <>
          <Progress percent={Math.round((share ?? 0) * 100)} size="small" status="active" showInfo={share != null} />
          <div className="quiet">{message}</div>
        </>
      )}
      {state === 'failed' && <Alert type="error" showIcon title={error ?? message} />}
    </article>
  );
}

/** Runs that are open or failed, and the newest that went well. */
export function worthShowing(installations: readonly Installation[]): Installation[] {
  const newestOf = new Map<string, Installation>();
  for (const one of installations) {
    const other = newestOf.get(one.version);
    if (!other || one.startedAt > other.startedAt) newestOf.set(one.version, one);
  }
  return [...newestOf.values()].filter((one) => one.state !== 'succeeded').sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

function VersionTable({ versions, admin }: { versions: FlinkVersion[]; admin: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const navigate = useNavigate();
  const grants = useQuery({ ...read.flinkVersionGrants(), enabled: admin });
  const grantOf = (id: string) => {
    const grant = grants.data?.items.find((one) => one.flinkVersionId === id);
    if (!grant) return '–';
    return grant.allTeams ? t('grant.all') : grant.teams.map((team) => team.name).join(', ') || t('grant.none');
  };
  const remove = useMutation({
    mutationFn: (id: string) => write.deleteFlinkVersion(id),
    onSuccess: () => void queries.invalidateQueries({ queryKey: read.flinkVersions().queryKey }),
    onError: (error) => void modal.error({ title: t('versions.notRemoved'), content: <ProblemAlert error={error} /> }),
  });
  return (
    <Table<FlinkVersion>
      size="small"
      rowKey="id"
      data-testid="versions"
      dataSource={versions}
      pagination={false}
      tableLayout="fixed"
      scroll={{ x: 900 }}
      columns={[
        { title: 'Flink', width: 90, render: (_, version) => <strong>{version.version}</strong> },
        { title: t('versions.home'), render: (_, version) => <CopyText text={version.home} /> },
        { title: t('versions.java'), render: (_, version) => <CopyText text={version.javaHome} /> },
        { title: t('versions.source'), dataIndex: 'source', width: 110 },
        { title: t('versions.added'), width: 100, render: (_, version) => <Ago at={version.createdAt} /> },
        {
          title: t('grant.column'),
          width: 150,
          ellipsis: true,
          hidden: !admin,
          render: (_, version) => (
            <Button type="link" size="small" onClick={() => void navigate(paths.versions({ dialog: 'grant', of: version.id }))}>
              {grantOf(version.id)}
            </Button>
          ),
        },
        {
          hidden: !admin,
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 100,
          align: 'right',
          render: (_, version) => (
            <Popconfirm
              title={t('versions.removeTitle', { version: version.version })}
              description={<div className="narrow-text">{t('versions.removeMeans')}</div>}
              okText={t('versions.remove')}
              okButtonProps={{ danger: true }}
              cancelText={t('goBack')}
              onConfirm={() => remove.mutate(version.id)}
            >
              <Button size="small">{t('versions.remove')}</Button>
            </Popconfirm>
          ),
        },
      ]}
    />
  );
}

export function FlinkVersionsPage() {
  const { t } = useTranslation();
  const { dialog, of } = useSearch({ from: '/frame/flink-versions' });
  const navigate = useNavigate();
  const me = useQuery(read.me());
  const versions = useQuery(read.flinkVersions());
  const admin = me.data?.user.platformAdmin === true;
  const installations = useQuery({ ...read.installations(), enabled: admin });
  const grants = useQuery({ ...read.flinkVersionGrants(), enabled: admin });
  const granted = dialog === 'grant' ? grants.data?.items.find((one) => one.flinkVersionId === of) : undefined;
  const open = worthShowing(installations.data?.items ?? []);
  const close = () => void navigate(paths.versions());
  const install = () => void navigate(paths.versions({ dialog: 'install' }));
  useTitle(t('nav.versions'));
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('nav.versions')}</h1>
        <span className="grow" />
        {admin && (
          <>
            <Button
              icon={<FolderOpenOutlined />}
              data-testid="add-version"
              onClick={() => void navigate(paths.versions({ dialog: 'add' }))}
            >
              {t('addVersion.title')}
            </Button>
            <Button type="primary" icon={<DownloadOutlined />} data-testid="install-version" onClick={install}>
              {t('install.title')}
            </Button>
          </>
        )}
      </div>
      {!admin && me.data && <Alert type="info" showIcon title={t('versions.onlyAdmin')} />}
      {open.map((installation) => (
        <Card key={installation.id} size="small">
          <InstallationRow installation={installation} />
        </Card>
      ))}
      <Loaded query={versions}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              action={
                admin && (
                  <Button type="primary" onClick={install}>
                    {t('install.title')}
                  </Button>
                )
              }
            >
              {t('versions.none')}
            </Empty>
          ) : (
            <VersionTable versions={items} admin={admin} />
          )
        }
      </Loaded>
      {dialog === 'install' && <FlinkVersionInstall onClose={close} />}
      {dialog === 'add' && <FlinkVersionAdd onClose={close} />}
      {granted && <FlinkVersionGrant grant={granted} onClose={close} />}
    </div>
  );
}
