import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatCount } from '../format';
import type { Vertex } from '../nouns';
import { useLanguage } from '../preferences';
import { ShareBar } from './share-bar';

/** The vertices of a job graph with their figures. */
export function VertexTable({ vertices }: { vertices: readonly Vertex[] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <Table<Vertex>
      size="small"
      rowKey="id"
      data-testid="vertices"
      dataSource={[...vertices]}
      pagination={false}
      scroll={{ x: 760 }}
      columns={[
        {
          title: t('vertex.name'),
          key: 'name',
          render: (_, vertex) => (
            <span className="two-lines" title={vertex.name}>
              {vertex.name}
            </span>
          ),
        },
        { title: t('vertex.state'), key: 'state', width: 92, render: (_, vertex) => <code>{vertex.state}</code> },
        { title: t('vertex.parallelism'), dataIndex: 'parallelism', align: 'right', width: 84 },
        {
          title: t('vertex.recordsIn'),
          align: 'right',
          width: 92,
          render: (_, vertex) => <span title={formatBytes(vertex.bytesIn, language)}>{formatCount(vertex.recordsIn, language)}</span>,
        },
        {
          title: t('vertex.recordsOut'),
          align: 'right',
          width: 104,
          render: (_, vertex) => <span title={formatBytes(vertex.bytesOut, language)}>{formatCount(vertex.recordsOut, language)}</span>,
        },
        {
          title: t('vertex.backPressure'),
          width: 128,
          render: (_, vertex) => <ShareBar share={vertex.backPressure} label={t('vertex.backPressure')} />,
        },
        { title: t('vertex.busy'), width: 128, render: (_, vertex) => <ShareBar share={vertex.busy} hot={0.8} label={t('vertex.busy')} /> },
      ]}
    />
  );
}
