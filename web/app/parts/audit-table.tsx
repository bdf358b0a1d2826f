import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, DatePicker, Input, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../nouns';
import { type AuditFilter, auditPages } from '../queries/audit';
import { Clock } from './ago';
import { Loaded } from './loaded';

/** As `noun_of` in crates/domain/src/audit.rs names them. */
const NOUNS = [
  'job',
  'release',
  'operation',
  'cluster',
  'artifact',
  'upload',
  'variable',
  'destination',
  'rule',
  'user',
  'invitation',
  'token',
  'session',
  'team',
  'flink_version',
  'account',
];

/** `startJob` as words: `start job`. */
export const operationWords = (operation: string) => operation.replace(/([A-Z])/g, ' $1').toLowerCase();

function What({ entry }: { entry: AuditEntry }) {
  return (
    <span title={entry.nounId ?? entry.noun}>
      {operationWords(entry.operation)} {entry.nounName && <strong>{entry.nounName}</strong>}
    </span>
  );
}

function Result({ entry }: { entry: AuditEntry }) {
  return <span className={entry.status < 400 ? 'chip' : 'chip chip-warning'}>{entry.code ?? entry.status}</span>;
}

function Detail({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation();
  const shown = (value: unknown) => <pre className="code-block">{JSON.stringify(value, null, 2)}</pre>;
  return (
    <div className="columns">
      {entry.before && (
        <div>
          <div className="quiet">{t('audit.before')}</div>
          {shown(entry.before)}
        </div>
      )}
      {entry.after && (
        <div>
          <div className="quiet">{t('audit.after')}</div>
          {shown(entry.after)}
        </div>
      )}
    </div>
  );
}

/** What was done, newest first: of one team, or without one of the whole platform. */
export function AuditTable({ team, people }: { team?: string; people: string[] }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<AuditFilter>({});
  const pages = useInfiniteQuery(auditPages(team, filter));
  const change = (part: AuditFilter) =>
    setFilter((was) => Object.fromEntries(Object.entries({ ...was, ...part }).filter(([, value]) => value)) as AuditFilter);
  return (
    <div className="stack-12">
      <div className="row">
        <Select
          allowClear
          showSearch
          placeholder={t('audit.anybody')}
          aria-label={t('audit.who')}
          style={{ width: 180 }}
          options={people.map((name) => ({ value: name, label: name }))}
          onChange={(user?: string) => change({ user })}
        />
        <Select
          allowClear
          placeholder={t('audit.anything')}
          aria-label={t('audit.about')}
          style={{ width: 160 }}
          options={NOUNS.map((noun) => ({ value: noun, label: noun.replace('_', ' ') }))}
          onChange={(noun?: string) => change({ noun })}
        />
        {!team && (
          <Input.Search
            allowClear
            placeholder={t('audit.anyTeam')}
            aria-label={t('nav.team')}
            style={{ width: 180 }}
            onSearch={(named) => change({ team: named })}
          />
        )}
        <DatePicker.RangePicker
          showTime
          allowEmpty={[true, true]}
          onChange={(range) => change({ from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString() })}
        />
      </div>
      <Loaded query={pages}>
        {(data) => (
          <Table<AuditEntry>
            size="small"
            rowKey="id"
            data-testid="audit"
            dataSource={data.pages.flatMap((page) => page.items)}
            pagination={false}
            tableLayout="fixed"
            scroll={{ x: team ? 900 : 1030 }}
            locale={{ emptyText: t('audit.none') }}
            expandable={{
              rowExpandable: (entry) => Boolean(entry.before || entry.after),
              expandedRowRender: (entry) => <Detail entry={entry} />,
            }}
            columns={[
              { title: t('audit.when'), width: 130, render: (_, entry) => <Clock at={entry.at} /> },
              {
                title: t('audit.who'),
                width: 190,
                ellipsis: true,
                render: (_, entry) => (
                  <>
                    {entry.by?.name ?? <span className="quiet">{t('audit.nobody')}</span>}
                    {entry.token && <span className="quiet"> · {entry.token.name}</span>}
                  </>
                ),
              },
              { title: t('audit.what'), ellipsis: true, render: (_, entry) => <What entry={entry} /> },
              ...(team
                ? []
                : [{ title: t('nav.team'), width: 130, ellipsis: true, render: (_: unknown, entry: AuditEntry) => entry.team?.name }]),
              { title: t('audit.from'), width: 150, ellipsis: true, render: (_, entry) => <code>{entry.address}</code> },
              { title: t('audit.result'), width: 150, ellipsis: true, render: (_, entry) => <Result entry={entry} /> },
            ]}
          />
        )}
      </Loaded>
      {pages.hasNextPage && (
        <div>
          <Button size="small" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('audit.more')}
          </Button>
        </div>
      )}
    </div>
  );
}
