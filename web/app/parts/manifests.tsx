import { useQuery } from '@tanstack/react-query';
import { Alert, Modal, Segmented } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Manifests as Answer, ManifestsComparison } from '../nouns';
import { read } from '../queries/read';
import { Loaded } from './loaded';

const YamlView = lazy(() => import('./yaml-view').then((part) => ({ default: part.YamlView })));

type View = 'objects' | 'compare';
type Change = ManifestsComparison['objects'][number]['change'];

/** One row of the list of objects. */
interface Item {
  key: string;
  kind: string;
  name: string;
  text: string;
  change?: Change;
}

const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`;

/** The objects as they would be, or beside those of the last run: what differs first. */
export function items({ objects, comparison }: Answer, view: View): Item[] {
  if (view === 'objects') return objects.map((one) => ({ key: keyOf(one), kind: one.kind, name: one.name, text: one.yaml }));
  const rows = (comparison?.objects ?? []).map(({ kind, name, change, diff }) => ({
    key: keyOf({ kind, name }),
    kind,
    name,
    change,
    text: diff ?? '',
  }));
  return [...rows.filter((row) => row.change !== 'unchanged'), ...rows.filter((row) => row.change === 'unchanged')];
}

const MARKS: Record<Change, string> = { unchanged: '', changed: 'chip-warning', added: 'chip-active', removed: 'chip-warning' };

function lineClass(line: string) {
  if (line.startsWith('@@')) return 'diff-skip';
  if (line.startsWith('+')) return 'diff-insert';
  return line.startsWith('-') ? 'diff-delete' : 'diff-equal';
}

/** The lines of a unified diff. */
function Difference({ text }: { text: string }) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <div className="diff-box">
      <table className="diff">
        <tbody>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one text, which only change together
            <tr key={index} className={lineClass(line)}>
              {line.startsWith('@@') ? (
                <td colSpan={2}>{line}</td>
              ) : (
                <>
                  <td className="diff-sign">{line.slice(0, 1).replace('-', '−')}</td>
                  <td className="diff-text">{line.slice(1)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ItemList({ rows, chosen, choose }: { rows: Item[]; chosen: string | undefined; choose: (key: string) => void }) {
  const { t } = useTranslation();
  return (
    <ul className="manifest-list" aria-label={t('manifests.objects')}>
      {rows.map(({ key, kind, name, change }) => (
        <li key={key}>
          <button type="button" aria-current={key === chosen} onClick={() => choose(key)}>
            <span className="quiet">{kind}</span>{' '}
            {change && change !== 'unchanged' && <span className={`chip ${MARKS[change]}`}>{t(`manifests.${change}`)}</span>}
            <span className="manifest-name">{name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Chosen({ row }: { row: Item | undefined }) {
  const { t } = useTranslation();
  if (!row) return null;
  if (row.change === 'unchanged') return <p className="quiet">{t('manifests.unchangedMeans')}</p>;
  if (row.change) return <Difference text={row.text} />;
  return (
    <Suspense fallback={null}>
      <YamlView text={row.text} label={row.key} />
    </Suspense>
  );
}

function Body({ manifests, view }: { manifests: Answer; view: View }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<string>();
  const rows = items(manifests, view);
  const chosen = rows.find((row) => row.key === wanted) ?? rows[0];
  const { comparison } = manifests;
  return (
    <div className="stack-8">
      {manifests.findings.map((one) => (
        <Alert
          key={`${one.field}${one.message}`}
          type="warning"
          showIcon
          title={
            <>
              <code>{one.field}</code> {one.message} {one.suggestion}
            </>
          }
        />
      ))}
      {view === 'objects' ? (
        <p className="quiet">{t('manifests.placeholders', { cluster: manifests.anyCluster, id: manifests.anyId })}</p>
      ) : (
        <p className="quiet" data-testid="manifests-against">
          {!comparison && t('manifests.noRun')}
          {comparison && t(comparison.same ? 'manifests.same' : 'manifests.against', { release: comparison.release })}
        </p>
      )}
      {rows.length > 0 && (
        <div className="manifests">
          <ItemList rows={rows} chosen={chosen?.key} choose={setWanted} />
          <Chosen row={chosen} />
        </div>
      )}
    </div>
  );
}

/** The objects in Kubernetes that a start of a release would create, and what differs from the last run. */
export function Manifests({ team, job, release, close }: { team: string; job: string; release: number; close: () => void }) {
  const { t } = useTranslation();
  const [view, setView] = useState<View>('objects');
  const manifests = useQuery(read.manifests(team, job, release));
  return (
    <Modal open width={1100} title={t('manifests.title', { release })} onCancel={close} footer={null}>
      <div className="stack-8" data-testid="manifests">
        <div>
          <Segmented<View>
            size="small"
            value={view}
            onChange={setView}
            options={[
              { value: 'objects', label: t('manifests.objects') },
              { value: 'compare', label: t('manifests.compare') },
            ]}
          />
        </div>
        <Loaded query={manifests}>{(found) => <Body manifests={found} view={view} />}</Loaded>
      </div>
    </Modal>
  );
}
