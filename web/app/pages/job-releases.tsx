import { useQuery } from '@tanstack/react-query';
import { Button, Card, Segmented, Table, Tooltip } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { short } from '../format';
import type { ReleaseSummary } from '../nouns';
import { Ago } from '../parts/ago';
import { CopyText } from '../parts/copy';
import { DiffView } from '../parts/diff-view';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Manifests } from '../parts/manifests';
import { usePlaceName } from '../parts/place-words';
import { ReleaseChoice } from '../parts/release-choice';
import { read } from '../queries/read';
import type { TabProps } from './job';

const SqlDiff = lazy(() => import('../parts/sql-diff').then((part) => ({ default: part.SqlDiff })));

/** What the jars of a release were when it was made. */
function Jars({ team, job, release }: { team: string; job: string; release: number }) {
  const { t } = useTranslation();
  const whole = useQuery(read.release(team, job, release));
  return (
    <Loaded query={whole}>
      {({ artifacts, spec }) => (
        <div className="stack-4" data-testid="release-jars">
          {spec.jar && (
            <span>
              {t('program.entryClass')} <code>{spec.entryClass ?? '–'}</code> · {t('program.args')} <code>{JSON.stringify(spec.args)}</code>
            </span>
          )}
          {artifacts.length === 0 && <span className="quiet">{t('releases.noJars')}</span>}
          {artifacts.map((one) => (
            <span key={one.name}>
              {one.name} <strong>{one.version}</strong> · {one.fileName} · <CopyText text={one.digest} shown={short(one.digest)} />
            </span>
          ))}
        </div>
      )}
    </Loaded>
  );
}

function ReleaseTable({
  team,
  job,
  releases,
  running,
  compare,
  show,
}: {
  team: string;
  job: string;
  releases: ReleaseSummary[];
  running: number | undefined;
  compare: (release: number) => void;
  show: (release: number) => void;
}) {
  const { t } = useTranslation();
  const own = releases.some((release) => !release.clusterId);
  return (
    <Table<ReleaseSummary>
      size="small"
      rowKey="id"
      data-testid="releases"
      dataSource={releases}
      pagination={{ pageSize: 20, hideOnSinglePage: true, size: 'small' }}
      tableLayout="fixed"
      scroll={{ x: 900 }}
      expandable={{ expandedRowRender: (release) => <Jars team={team} job={job} release={release.number} /> }}
      columns={[
        {
          title: t('release'),
          width: 120,
          render: (_, release) => (
            <>
              <strong>#{release.number}</strong>{' '}
              {release.number === running && <span className="chip chip-active">{t('releases.current')}</span>}
            </>
          ),
        },
        {
          title: t('releases.note'),
          render: (_, release) => (
            <span className="wrap">
              {release.note || <span className="quiet">{t('releases.noNote')}</span>}{' '}
              {release.overridden && (
                <Tooltip title={t('releases.overriddenMeans', { count: release.errors })}>
                  <span className="chip chip-warning">{t('releases.overridden')}</span>
                </Tooltip>
              )}
            </span>
          ),
        },
        { title: 'Flink', dataIndex: 'flinkVersion', width: 70 },
        { title: t('releases.draft'), width: 70, align: 'right', render: (_, release) => `r${release.draftRevision}` },
        { title: t('releases.by'), width: 100, ellipsis: true, render: (_, release) => release.createdBy.name },
        { title: t('releases.made'), width: 100, render: (_, release) => <Ago at={release.createdAt} /> },
        {
          title: t('releases.digest'),
          width: 146,
          render: (_, release) => <CopyText text={release.digest} shown={short(release.digest)} />,
        },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: own ? 190 : 96,
          align: 'right',
          render: (_, release) => (
            <span className="row row-end">
              {!release.clusterId && (
                <Button size="small" data-testid="release-objects" onClick={() => show(release.number)}>
                  {t('manifests.objects')}
                </Button>
              )}
              {releases.length > 1 && (
                <Button size="small" onClick={() => compare(release.number)}>
                  {t('releases.compare')}
                </Button>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

function SideBySide({ team, job, from, to }: { team: string; job: string; from: number; to: number }) {
  const old = useQuery(read.release(team, job, from));
  const next = useQuery(read.release(team, job, to));
  return (
    <Loaded query={old}>
      {(left) => (
        <Loaded query={next}>
          {(right) => (
            <Suspense fallback={null}>
              <SqlDiff left={left.spec.sql ?? ''} right={right.spec.sql ?? ''} leftTitle={`#${from}`} rightTitle={`#${to}`} />
            </Suspense>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

type View = 'lines' | 'sides';

function Compare({ team, job, search, change, releases }: TabProps & { releases: ReleaseSummary[] }) {
  const { t } = useTranslation();
  const [view, setView] = useState<View>('lines');
  const placeName = usePlaceName(team);
  const to = search.release ?? releases[0]?.number ?? 0;
  const before = releases.find((release) => release.number < to) ?? releases.find((release) => release.number !== to);
  const from = search.against ?? before?.number ?? to;
  const diff = useQuery(read.releaseDiff(team, job.id, to, from));
  return (
    <Card
      size="small"
      title={t('releases.diff')}
      extra={
        <Segmented<View>
          size="small"
          value={view}
          onChange={setView}
          options={[
            { value: 'lines', label: t('diff.lines') },
            { value: 'sides', label: t('diff.sides') },
          ]}
        />
      }
    >
      <div className="stack-12">
        <div className="row">
          <span data-testid="diff-from">
            <ReleaseChoice releases={releases} value={from} onChange={(against) => change({ against, release: to }, true)} width={300} />
          </span>
          <span aria-hidden="true">→</span>
          <span data-testid="diff-to">
            <ReleaseChoice releases={releases} value={to} onChange={(release) => change({ release, against: from }, true)} width={300} />
          </span>
        </div>
        {view === 'lines' ? (
          <Loaded query={diff}>{(found) => <DiffView diff={found} placeName={placeName} />}</Loaded>
        ) : (
          <SideBySide team={team} job={job.id} from={from} to={to} />
        )}
      </div>
    </Card>
  );
}

/** All releases, what differs between two of them, and what a start of one would create. */
export function JobReleases(props: TabProps) {
  const { team, job, search, change } = props;
  const { t } = useTranslation();
  const releases = useQuery(read.releases(team, job.id));
  return (
    <Loaded query={releases}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty>{t('releases.none')}</Empty>
        ) : (
          <div className="stack-12">
            <ReleaseTable
              team={team}
              job={job.id}
              releases={items}
              running={job.run && !job.run.endedAt ? job.run.releaseNumber : undefined}
              compare={(release) => change({ release, against: undefined })}
              show={(objects) => change({ objects })}
            />
            {items.length > 1 && <Compare {...props} releases={items} />}
            {search.objects !== undefined && (
              <Manifests team={team} job={job.id} release={search.objects} close={() => change({ objects: undefined })} />
            )}
          </div>
        )
      }
    </Loaded>
  );
}
