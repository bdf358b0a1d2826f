import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Alert, Card, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { short } from '../format';
import { ClusterAdopt } from '../forms/cluster-adopt';
import { ClusterConnection } from '../forms/cluster-connection';
import { ClusterJars } from '../forms/cluster-jars';
import type { Cluster, ClusterProcess, LogFile, PinnedArtifact } from '../nouns';
import { ActionButton } from '../parts/action-button';
import { Ago } from '../parts/ago';
import { ClusterActions } from '../parts/cluster-actions';
import { ClusterTag } from '../parts/cluster-tag';
import { CopyText } from '../parts/copy';
import { Empty } from '../parts/empty';
import { Evidence } from '../parts/evidence';
import { Facts } from '../parts/facts';
import { Loaded } from '../parts/loaded';
import { fileAt, LogReader, placeOf, TAIL_BYTES } from '../parts/log-reader';
import { OperationCard } from '../parts/operation-card';
import { usePlaceName } from '../parts/place-words';
import { PodTable } from '../parts/pod-table';
import { ProblemAlert } from '../parts/problem-alert';
import { WebAddress } from '../parts/web-address';
import { type ClusterSearch, paths } from '../paths';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { useTitle } from '../title';

function ClusterFacts({ team, cluster }: { team: string; cluster: Cluster }) {
  const { t } = useTranslation();
  const placeName = usePlaceName(team);
  const { look } = cluster;
  return (
    <Facts
      facts={[
        [t('cluster.target'), t(`target.${cluster.target}`)],
        cluster.targetId ? [t('cluster.inTarget'), placeName(cluster.targetId)] : undefined,
        cluster.deployment ? [t('cluster.deployment'), <CopyText key="deployment" text={cluster.deployment} />] : undefined,
        [t('cluster.flink'), cluster.flinkVersion ?? look.reportedVersion ?? '–'],
        cluster.restUrl ? [t('cluster.rest'), <CopyText key="rest" text={cluster.restUrl} />] : undefined,
        [t('web.flink'), <WebAddress key="web" address={cluster.webAddress} />],
        [t('cluster.taskManagers'), cluster.target === 'local' ? `${look.taskManagers} / ${cluster.taskManagers}` : look.taskManagers],
        [t('cluster.slots'), t('cluster.slotsFree', { free: look.slotsFree, total: look.slotsTotal })],
        [t('cluster.looked'), <Ago key="looked" at={look.lookedAt} />],
        [t('cluster.contact'), <Ago key="contact" at={look.contactAt} />],
      ]}
    />
  );
}

function Processes({ processes, openLog }: { processes: ClusterProcess[]; openLog: (role: string) => void }) {
  const { t } = useTranslation();
  return (
    <Table<ClusterProcess>
      size="small"
      rowKey="role"
      data-testid="processes"
      dataSource={processes}
      pagination={false}
      columns={[
        {
          title: t('cluster.role'),
          render: (_, one) => (
            <button type="button" className="link" onClick={() => openLog(one.role)}>
              {one.role}
            </button>
          ),
        },
        { title: t('cluster.pid'), width: 90, align: 'right', render: (_, one) => <span className="figure">{one.pid ?? '–'}</span> },
        {
          title: t('cluster.exit'),
          width: 220,
          render: (_, one) =>
            one.endedAt || one.exitCode != null ? (
              <span className="error-text">
                {one.exitCode == null ? t('cluster.exitUnknown') : t('cluster.exitCode', { code: one.exitCode })} · <Ago at={one.endedAt} />
              </span>
            ) : (
              t('cluster.alive')
            ),
        },
      ]}
    />
  );
}

function ConnectionCard({ cluster, open }: { cluster: Cluster; open: () => void }) {
  const { t } = useTranslation();
  const { connection } = cluster;
  const sent = connection?.authentication;
  return (
    <Card
      size="small"
      title={t('connection')}
      extra={
        <ActionButton size="small" type="link" action={cluster.actions.connection} onClick={open} data-testid="connection-change">
          {t('connection.change')}
        </ActionButton>
      }
    >
      <div className="stack-8">
        {connection?.problem && <Alert type="warning" showIcon title={connection.problem} />}
        <Facts
          facts={[
            [t('connection.trusts'), t(connection?.caCertificate ? 'connection.ownCa' : 'connection.publicCa')],
            [t('connection.shows'), t(connection?.clientCertificate ? 'connection.ownCertificate' : 'connection.noCertificate')],
            [
              t('connection.sends'),
              sent?.kind === 'basic'
                ? t('connection.sendsBasic', { user: sent.user })
                : sent?.kind === 'header'
                  ? t('connection.sendsHeader', { name: sent.name })
                  : t('connection.none'),
            ],
          ]}
        />
      </div>
    </Card>
  );
}

function AccessCard({ team, cluster }: { team: string; cluster: Cluster }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const set = useMutation({
    mutationFn: () => write.setAccess(team, cluster.id, !cluster.readOnly),
    onSuccess: () => void queries.invalidateQueries({ queryKey: read.cluster(team, cluster.id).queryKey }),
  });
  return (
    <Card
      size="small"
      title={t('access')}
      extra={
        <ActionButton
          size="small"
          type="link"
          action={cluster.actions.access}
          loading={set.isPending}
          onClick={() => set.mutate()}
          data-testid="cluster-access"
        >
          {t(cluster.readOnly ? 'access.open' : 'access.close')}
        </ActionButton>
      }
    >
      <div className="stack-8">
        <span>{t(cluster.readOnly ? 'access.readOnly' : 'access.jobs')}</span>
        <span className="quiet">{t('access.means')}</span>
        <ProblemAlert error={set.error} />
      </div>
    </Card>
  );
}

function JarsCard({ cluster, open }: { cluster: Cluster; open: () => void }) {
  const { t } = useTranslation();
  const { jars, runningJars } = cluster;
  const named = (list: readonly PinnedArtifact[]) =>
    list.map((jar) => `${jar.name} ${t('clusterJars.version', { version: jar.version })}`).join(', ');
  return (
    <Card
      size="small"
      title={t('clusterJars')}
      extra={
        <ActionButton size="small" type="link" action={cluster.actions.jars} onClick={open} data-testid="cluster-jars-change">
          {t('clusterJars.change')}
        </ActionButton>
      }
    >
      <div className="stack-8">
        {jars.length === 0 ? (
          <span className="quiet">{t('clusterJars.none')}</span>
        ) : (
          <Facts facts={jars.map((jar) => [jar.name, t('clusterJars.version', { version: jar.version })] as const)} />
        )}
        {runningJars && (
          <Alert
            type="info"
            showIcon
            data-testid="jars-pending"
            title={t('clusterJars.pending')}
            description={runningJars.length === 0 ? t('clusterJars.runsWithout') : t('clusterJars.runsWith', { jars: named(runningJars) })}
          />
        )}
      </div>
    </Card>
  );
}

function Unmanaged({ cluster, adopt }: { cluster: Cluster; adopt: (flinkJobId: string) => void }) {
  const { t } = useTranslation();
  if (cluster.look.unmanaged.length === 0) return null;
  return (
    <Card size="small" title={t('cluster.unmanaged')}>
      <div className="stack-8">
        <p className="quiet">{t('cluster.unmanagedMeans')}</p>
        <Table
          size="small"
          rowKey="flinkJobId"
          dataSource={cluster.look.unmanaged}
          pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
          columns={[
            { title: t('job.name'), dataIndex: 'name', ellipsis: true },
            { title: t('cluster.flinkState'), width: 130, render: (_, one) => <code>{one.state}</code> },
            {
              title: t('run.flinkJobId'),
              width: 200,
              render: (_, one) => <CopyText text={one.flinkJobId} shown={short(one.flinkJobId)} />,
            },
            {
              title: <span className="hidden-text">{t('actions')}</span>,
              width: 100,
              align: 'right',
              render: (_, one) => (
                <ActionButton size="small" action={one.adopt} onClick={() => adopt(one.flinkJobId)} data-testid="adopt">
                  {t('adopt')}
                </ActionButton>
              ),
            },
          ]}
          scroll={{ x: 560 }}
        />
      </div>
    </Card>
  );
}

interface LogsProps {
  team: string;
  cluster: Cluster;
  files: readonly LogFile[];
  reload: () => void;
  search: ClusterSearch;
  change: (next: ClusterSearch, replace?: boolean) => void;
}

function Logs({ team, cluster, files, reload, search, change }: LogsProps) {
  const { t } = useTranslation();
  const [process, file] = (search.process ?? '').split('/');
  const place = placeOf(files, process, file);
  const tail = useQuery({
    ...read.clusterLogTail(team, cluster.id, place?.process ?? '', place?.file ?? '', TAIL_BYTES),
    enabled: fileAt(files, place)?.missing == null && place !== undefined,
  });
  if (!place) return <Empty>{t('logs.none')}</Empty>;
  return (
    <LogReader
      files={files}
      place={place}
      tail={tail}
      find={search.find ?? ''}
      follow={search.follow === true}
      onPlace={(next) => change({ ...search, process: `${next.process}/${next.file}` })}
      onFind={(find) => {
        const { find: _, ...rest } = search;
        change(find ? { ...rest, find } : rest, true);
      }}
      onFollow={(follow) => {
        const { follow: _, ...rest } = search;
        change(follow ? { ...rest, follow } : rest, true);
      }}
      stream={`/api/v1/teams/${encodeURIComponent(team)}/clusters/${cluster.id}/logs/follow`}
      onEnd={reload}
    />
  );
}

function Dialogs({ team, cluster, search, change }: Omit<LogsProps, 'files' | 'reload'>) {
  const navigate = useNavigate();
  const { dialog, of, ...rest } = search;
  const close = () => change(rest);
  const found = cluster.look.unmanaged.find((one) => one.flinkJobId === of);
  switch (dialog) {
    case 'connection':
      return <ClusterConnection team={team} cluster={cluster} onClose={close} />;
    case 'jars':
      return <ClusterJars team={team} cluster={cluster} onClose={close} />;
    case 'adopt':
      return found ? (
        <ClusterAdopt
          team={team}
          cluster={cluster}
          found={found}
          onClose={close}
          onJob={(job, tab) => void navigate(paths.job(team, job.id, tab))}
        />
      ) : null;
    default:
      return null;
  }
}

function ClusterBody({ team, cluster }: { team: string; cluster: Cluster }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: '/frame/teams/$team/clusters/$cluster' });
  const operations = useQuery(read.clusterOperations(team, cluster.id));
  const logs = useQuery(read.clusterLogs(team, cluster.id));
  const change: LogsProps['change'] = (next, replace) =>
    void navigate({ ...paths.cluster(team, cluster.id, next), replace: replace === true });
  const { look } = cluster;
  const configuration = Object.entries(cluster.configuration);
  useTitle(cluster.name, t(`clusterLabel.${cluster.status.label}`));
  const newest = operations.data?.items[0];
  const shown = cluster.operation ?? (newest?.state === 'failed' ? newest : undefined);
  return (
    <div className="stack-12">
      <section className="job-head" aria-label={cluster.name}>
        <div className="job-head-row">
          <div className="job-head-text">
            <div className="crumbs">
              <Link {...paths.clusters(team)}>{t('nav.clusters')}</Link> <span aria-hidden="true">/</span>
            </div>
            <h1 title={cluster.name}>{cluster.name}</h1>
            <ClusterTag label={cluster.status.label} strong />
          </div>
          <ClusterActions team={team} cluster={cluster} withDelete onDeleted={() => void navigate(paths.clusters(team))} />
        </div>
        {look.cause !== cluster.status.sentence && <div className="job-head-sentence">{cluster.status.sentence}</div>}
        <Evidence status={cluster.status} />
        {look.cause && <Alert type="warning" showIcon className="wrap-anywhere" data-testid="cluster-cause" title={look.cause} />}
        {cluster.status.label === 'unreachable' && look.unreachableSince && (
          <Alert
            type="warning"
            showIcon
            title={
              <>
                {t('cluster.unreachable')} <Ago at={look.unreachableSince} />
              </>
            }
            description={look.error}
          />
        )}
      </section>
      {shown && (
        <Card size="small">
          <OperationCard team={team} operation={shown} />
        </Card>
      )}
      <div className="columns">
        <Card size="small" title={t('cluster.look')}>
          <ClusterFacts team={team} cluster={cluster} />
        </Card>
        {look.processes.length > 0 && (
          <Card size="small" title={t('cluster.processes')}>
            <Processes processes={look.processes} openLog={(role) => change({ ...search, process: role })} />
          </Card>
        )}
        {cluster.target === 'standalone' && <ConnectionCard cluster={cluster} open={() => change({ ...search, dialog: 'connection' })} />}
        {!cluster.managed && <AccessCard team={team} cluster={cluster} />}
        {cluster.target === 'local' && <JarsCard cluster={cluster} open={() => change({ ...search, dialog: 'jars' })} />}
        {configuration.length > 0 && (
          <Card size="small" title={t('tab.configuration')}>
            <Facts facts={configuration.map(([key, value]) => [key, <code key={key}>{value}</code>] as const)} />
          </Card>
        )}
      </div>
      {look.pods.length > 0 && (
        <Card size="small" title={t('cluster.pods')}>
          <PodTable pods={look.pods} />
        </Card>
      )}
      <Unmanaged cluster={cluster} adopt={(of) => change({ ...search, dialog: 'adopt', of })} />
      <Card size="small" title={t('tab.logs')}>
        <Loaded query={logs}>
          {({ items }) => (
            <Logs team={team} cluster={cluster} files={items} reload={() => void logs.refetch()} search={search} change={change} />
          )}
        </Loaded>
      </Card>
      <Dialogs team={team} cluster={cluster} search={search} change={change} />
    </div>
  );
}

function Gone({ team }: { team: string }) {
  const { t } = useTranslation();
  useTitle(t('nav.clusters'), team);
  return (
    <div data-testid="problem">
      <Empty action={<Link {...paths.clusters(team)}>{t('nav.clusters')}</Link>}>{t('cluster.gone')}</Empty>
    </div>
  );
}

export function ClusterPage() {
  const { team, cluster: id } = useParams({ from: '/frame/teams/$team/clusters/$cluster' });
  const cluster = useQuery(read.cluster(team, id));
  // An application's cluster goes with its run: a link to it may be older than its end.
  if (cluster.error instanceof ApiProblem && cluster.error.status === 404) return <Gone team={team} />;
  return <Loaded query={cluster}>{(found) => <ClusterBody team={team} cluster={found} />}</Loaded>;
}
