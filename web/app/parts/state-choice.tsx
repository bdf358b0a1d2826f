import { Alert, Checkbox, Input, Radio, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../format';
import type { Snapshot } from '../nouns';
import { useLanguage } from '../preferences';
import { Ago } from './ago';
import { SnapshotTag } from './snapshot-tag';

export type StateFrom = 'none' | 'latest' | 'snapshot' | 'path';

export interface StateValue {
  from: StateFrom;
  snapshotId?: string;
  path?: string;
  allowNonRestored: boolean;
}

/** Whether a run can be asked to start from it: an unverified one is offered, with its mark. */
export const usable = (snapshot: Snapshot) => snapshot.state === 'complete' || snapshot.state === 'unverified';

export function newestComplete(snapshots: readonly Snapshot[]): Snapshot | undefined {
  const complete = snapshots.filter((one) => one.state === 'complete');
  return complete.reduce<Snapshot | undefined>(
    (newest, one) => (!newest || (one.completedAt ?? one.createdAt) > (newest.completedAt ?? newest.createdAt) ? one : newest),
    undefined,
  );
}

/** The state as the API takes it, or nothing while the choice is not complete. */
export function asState(value: StateValue) {
  if (value.from === 'snapshot') return value.snapshotId ? { from: value.from, snapshotId: value.snapshotId } : undefined;
  if (value.from === 'path') return value.path?.trim() ? { from: value.from, path: value.path.trim() } : undefined;
  return { from: value.from };
}

function SnapshotRows({ snapshots, value, onChange }: Props) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <Table<Snapshot>
      size="small"
      rowKey="id"
      dataSource={[...snapshots]}
      pagination={{ pageSize: 6, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: true }}
      onRow={(row) => ({
        onClick: () => usable(row) && onChange({ ...value, from: 'snapshot', snapshotId: row.id }),
        className: `${usable(row) ? 'clickable' : ''} ${row.id === value.snapshotId ? 'ant-table-row-selected' : ''}`,
      })}
      columns={[
        {
          title: <span className="hidden-text">{t('state.snapshot')}</span>,
          width: 36,
          // A radio of the browser: antd's would join the group around the table.
          render: (_, row) => (
            <input
              type="radio"
              name="snapshot"
              checked={row.id === value.snapshotId}
              disabled={!usable(row)}
              aria-label={row.path ?? row.directory}
              onChange={() => onChange({ ...value, from: 'snapshot', snapshotId: row.id })}
            />
          ),
        },
        { title: t('snapshot.kind'), render: (_, row) => t(`snapshot.kind.${row.kind}`) },
        { title: t('snapshot.state'), render: (_, row) => <SnapshotTag state={row.state} /> },
        { title: t('snapshot.taken'), render: (_, row) => <Ago at={row.completedAt ?? row.createdAt} /> },
        { title: t('snapshot.size'), align: 'right', render: (_, row) => formatBytes(row.sizeBytes, language) },
        { title: t('release'), align: 'right', render: (_, row) => `#${row.releaseNumber}` },
      ]}
    />
  );
}

interface Props {
  snapshots: readonly Snapshot[];
  value: StateValue;
  onChange: (value: StateValue) => void;
  /** What `latest` means where a stop comes first. */
  latestMeans?: string | undefined;
  pathProblem?: string | undefined;
}

/** The second question of a start: from which state. */
export function StateChoice(props: Props) {
  const { snapshots, value, onChange, latestMeans, pathProblem } = props;
  const { t } = useTranslation();
  const language = useLanguage();
  const newest = newestComplete(snapshots);
  const size = newest ? formatBytes(newest.sizeBytes, language) : '';
  return (
    <div className="stack-8" data-testid="state-choice">
      <Radio.Group
        value={value.from}
        onChange={(event) => onChange({ ...value, from: event.target.value as StateFrom })}
        className="radio-rows"
      >
        <Radio value="latest" disabled={!latestMeans && !newest} data-testid="state-latest">
          {t('state.latest')}
          <span className="quiet radio-note">
            {latestMeans ??
              (newest ? (
                <>
                  {t(`snapshot.kind.${newest.kind}`)} · <Ago at={newest.completedAt ?? newest.createdAt} /> · {size} · #
                  {newest.releaseNumber}
                </>
              ) : (
                t('state.noLatest')
              ))}
          </span>
        </Radio>
        <Radio value="snapshot" disabled={!snapshots.some(usable)} data-testid="state-snapshot">
          {t('state.snapshot')}
        </Radio>
        {value.from === 'snapshot' && <SnapshotRows {...props} />}
        <Radio value="path" data-testid="state-path">
          {t('state.path')}
        </Radio>
        {value.from === 'path' && (
          <div className="indent">
            <Input
              aria-label={t('state.path')}
              data-testid="state-path-text"
              className="mono"
              spellCheck={false}
              placeholder={t('state.pathExample')}
              value={value.path ?? ''}
              {...(pathProblem ? { status: 'error' as const } : {})}
              onChange={(event) => onChange({ ...value, path: event.target.value })}
            />
            {pathProblem && <div className="field-problem">{pathProblem}</div>}
          </div>
        )}
        <Radio value="none" data-testid="state-none">
          {t('state.none')}
          <span className="quiet radio-note">{t('state.noneMeans')}</span>
        </Radio>
      </Radio.Group>
      {value.from === 'none' && newest && !latestMeans && <Alert type="warning" showIcon title={t('state.noneLoses')} />}
      {value.from !== 'none' && (
        <Checkbox
          checked={value.allowNonRestored}
          onChange={(event) => onChange({ ...value, allowNonRestored: event.target.checked })}
          data-testid="allow-non-restored"
        >
          {t('state.allowNonRestored')}
        </Checkbox>
      )}
    </div>
  );
}
