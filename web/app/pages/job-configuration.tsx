import { useQuery } from '@tanstack/react-query';
import { Alert, Input, Segmented, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sameValue } from '../flink-value';
import type { JobConfiguration } from '../nouns';
import { Loaded } from '../parts/loaded';
import { read } from '../queries/read';
import type { TabProps } from './job';

interface Row {
  key: string;
  declared: string | undefined;
  effective: string | undefined;
}

/** One row for each key of either side. */
export function rows({ declared, effective }: JobConfiguration): Row[] {
  const keys = new Set([...Object.keys(declared), ...Object.keys(effective ?? {})]);
  return [...keys].sort().map((key) => ({ key, declared: declared[key], effective: effective?.[key] }));
}

function ConfigurationTable({
  configuration,
  find,
  onFind,
}: {
  configuration: JobConfiguration;
  find: string;
  onFind: (text: string) => void;
}) {
  const { t } = useTranslation();
  const [only, setOnly] = useState<'all' | 'declared'>(Object.keys(configuration.effective ?? {}).length > 0 ? 'all' : 'declared');
  const typed = find.toLowerCase();
  const shown = rows(configuration).filter(
    (row) =>
      (only === 'all' || row.declared !== undefined) &&
      [row.key, row.declared, row.effective].some((text) => text?.toLowerCase().includes(typed) ?? false),
  );
  return (
    <div className="stack-8">
      <div className="row">
        <Input
          allowClear
          data-search-field
          className="search"
          placeholder={t('configuration.filter')}
          aria-label={t('configuration.filter')}
          value={find}
          onChange={(event) => onFind(event.target.value)}
        />
        <Segmented
          size="small"
          value={only}
          onChange={setOnly}
          options={[
            { value: 'all', label: t('configuration.all') },
            { value: 'declared', label: t('configuration.declaredOnly') },
          ]}
        />
      </div>
      {configuration.reason && <Alert type="info" showIcon title={configuration.reason} />}
      <Table<Row>
        size="small"
        rowKey="key"
        dataSource={shown}
        pagination={{ pageSize: 100, hideOnSinglePage: true, size: 'small' }}
        scroll={{ x: 700 }}
        locale={{ emptyText: t('configuration.none') }}
        columns={[
          { title: t('configuration.key'), render: (_, row) => <code className="wrap">{row.key}</code>, width: '40%' },
          {
            title: t('configuration.declared'),
            render: (_, row) =>
              row.declared === undefined ? <span className="quiet">–</span> : <code className="wrap">{row.declared}</code>,
          },
          {
            title: t('configuration.effective'),
            render: (_, row) => (
              <span>
                {row.effective === undefined ? <span className="quiet">–</span> : <code className="wrap">{row.effective}</code>}
                {row.declared !== undefined && row.effective !== undefined && !sameValue(row.declared, row.effective) && (
                  <span className="chip chip-warning">{t('configuration.differs')}</span>
                )}
              </span>
            ),
          },
        ]}
      />
    </div>
  );
}

/** What the release declares and what the JobManager runs with. */
export function JobConfigurationTab({ team, job, search, change }: TabProps) {
  const configuration = useQuery(read.configuration(team, job.id));
  return (
    <Loaded query={configuration}>
      {(found) => (
        <ConfigurationTable
          configuration={found}
          find={search.find ?? ''}
          onFind={(text) => change({ find: text === '' ? undefined : text }, true)}
        />
      )}
    </Loaded>
  );
}
