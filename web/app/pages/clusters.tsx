import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { ClusterCreate } from '../forms/cluster-create';
import type { Cluster } from '../nouns';
import { ClusterActions } from '../parts/cluster-actions';
import { ClusterTag } from '../parts/cluster-tag';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { paths } from '../paths';
import { read } from '../queries/read';
import { useTitle } from '../title';

function ClusterTable({ team, clusters }: { team: string; clusters: Cluster[] }) {
  const { t } = useTranslation();
  return (
    <Table<Cluster>
      size="small"
      rowKey="id"
      data-testid="clusters"
      dataSource={clusters}
      tableLayout="fixed"
      pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: 760 }}
      columns={[
        {
          title: t('cluster.name'),
          width: '20%',
          ellipsis: true,
          render: (_, cluster) => <Link {...paths.cluster(team, cluster.id)}>{cluster.name}</Link>,
        },
        {
          title: t('job.state'),
          render: (_, cluster) => (
            <div className="state-cell">
              <ClusterTag label={cluster.status.label} />
              <span className="quiet ellipsis" title={cluster.status.sentence}>
                {cluster.status.sentence}
              </span>
            </div>
          ),
        },
        { title: t('cluster.target'), width: 104, render: (_, cluster) => t(`target.${cluster.target}`) },
        { title: 'Flink', width: 76, render: (_, cluster) => cluster.flinkVersion ?? cluster.look.reportedVersion ?? '–' },
        {
          title: t('cluster.slots'),
          width: 110,
          align: 'right',
          render: (_, { look, status }) =>
            status.label === 'running' ? (
              <span className="figure">{t('cluster.slotsFree', { free: look.slotsFree, total: look.slotsTotal })}</span>
            ) : (
              '–'
            ),
        },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 110,
          align: 'right',
          render: (_, cluster) => <ClusterActions team={team} cluster={cluster} />,
        },
      ]}
    />
  );
}

export function ClustersPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/clusters' });
  const { dialog } = useSearch({ from: '/frame/teams/$team/clusters' });
  const navigate = useNavigate();
  const clusters = useQuery(read.clusters(team));
  const openNew = () => void navigate(paths.clusters(team, { dialog: 'new' }));
  useTitle(t('nav.clusters'), team);
  return (
    <div className="stack-12">
      <div className="page-head">
        <h1>{t('nav.clusters')}</h1>
        <span className="grow" />
        <Button type="primary" icon={<PlusOutlined />} onClick={openNew} data-testid="new-cluster">
          {t('newCluster.title')}
        </Button>
      </div>
      <Loaded query={clusters}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              action={
                <Button type="primary" onClick={openNew}>
                  {t('newCluster.title')}
                </Button>
              }
            >
              {t('cluster.none')}
            </Empty>
          ) : (
            <ClusterTable team={team} clusters={items} />
          )
        }
      </Loaded>
      {dialog === 'new' && <ClusterCreate team={team} onClose={() => void navigate(paths.clusters(team))} />}
    </div>
  );
}
