import { useTranslation } from 'react-i18next';
import { short } from '../format';
import type { Maybe, PinnedArtifact, ReleaseDiff } from '../nouns';

type Line = ReleaseDiff['sql'][number];

/** Lines of a change; long equal stretches are left out, their number stays. */
export interface Hunk {
  key: string;
  line?: Line;
  skipped?: number;
}

const AROUND = 3;

export function hunks(lines: readonly Line[]): Hunk[] {
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.tag === 'equal') return;
    for (let other = index - AROUND; other <= index + AROUND; other++) near.add(other);
  });
  const found: Hunk[] = [];
  let skipped = 0;
  const flush = (index: number) => {
    if (skipped > 0) found.push({ key: `skip-${index}`, skipped });
    skipped = 0;
  };
  lines.forEach((line, index) => {
    if (near.has(index)) {
      flush(index);
      found.push({ key: `line-${index}`, line });
    } else skipped++;
  });
  flush(lines.length);
  return found;
}

const SIGNS = { equal: ' ', insert: '+', delete: '−' } as const;

function DiffRow({ line }: { line: Line }) {
  return (
    <tr className={`diff-${line.tag}`}>
      <td className="diff-number">{line.oldLine ?? ''}</td>
      <td className="diff-number">{line.newLine ?? ''}</td>
      <td className="diff-sign">{SIGNS[line.tag]}</td>
      <td className="diff-text">{line.text}</td>
    </tr>
  );
}

function ChangeTable({
  title,
  changes,
}: {
  title: string;
  changes: readonly { name: string; key?: string; old?: string; new?: string }[];
}) {
  const { t } = useTranslation();
  if (changes.length === 0) return null;
  return (
    <table className="changes">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t('diff.what')}</th>
          <th scope="col">{t('diff.old')}</th>
          <th scope="col">{t('diff.new')}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.name}>
            <th scope="row">{change.key ? change.name : <code>{change.name}</code>}</th>
            <td className="diff-delete">{change.old ?? '–'}</td>
            <td className="diff-insert">{change.new ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const FIELDS = [
  'name',
  'mode',
  'clusterId',
  'targetId',
  'flinkVersion',
  'parallelism',
  'jarUri',
  'entryClass',
  'args',
  'jobManagerTemplate',
  'taskManagerTemplate',
] as const;
type Field = (typeof FIELDS)[number];
const isField = (name: string): name is Field => FIELDS.some((known) => known === name);

/** Settings of a release in words: names instead of ids. */
function useFieldWords(placeName: (id: string) => string) {
  const { t } = useTranslation();
  const value = (field: string, text: Maybe<string>) => {
    if (text == null) return undefined;
    if (field === 'clusterId' || field === 'targetId') return placeName(text);
    return field === 'mode' && (text === 'session' || text === 'application') ? t(`mode.${text}`) : text;
  };
  return ({ field, old, new: now }: ReleaseDiff['other'][number]) => ({
    key: field,
    name: isField(field) ? t(`diff.field.${field}`) : field,
    ...both({ old: value(field, old), new: value(field, now) }),
  });
}

const both = (change: { old?: Maybe<string>; new?: Maybe<string> }) => ({
  ...(change.old != null ? { old: change.old } : {}),
  ...(change.new != null ? { new: change.new } : {}),
});

const pinned = (one: Maybe<PinnedArtifact>) => (one ? `${one.version} · ${one.fileName} · ${short(one.digest)}` : undefined);

/** What differs between two releases: script, configuration, the rest. */
export function DiffView({ diff, placeName }: { diff: ReleaseDiff; placeName: (id: string) => string }) {
  const { t } = useTranslation();
  const inWords = useFieldWords(placeName);
  const changed = diff.sql.some((line) => line.tag !== 'equal');
  const nothing = !changed && diff.configuration.length === 0 && diff.other.length === 0 && diff.artifacts.length === 0;
  return (
    <div className="stack-12" data-testid="diff">
      {nothing && <p className="quiet">{t('diff.same')}</p>}
      <ChangeTable title={t('diff.other')} changes={diff.other.map(inWords)} />
      <ChangeTable
        title={t('jars')}
        changes={diff.artifacts.map((one) => ({ name: one.name, ...both({ old: pinned(one.old), new: pinned(one.new) }) }))}
      />
      <ChangeTable title={t('diff.configuration')} changes={diff.configuration.map((one) => ({ name: one.key, ...both(one) }))} />
      {changed && (
        <div className="diff-box">
          <table className="diff">
            <caption>{t('diff.sql')}</caption>
            <tbody>
              {hunks(diff.sql).map((hunk) =>
                hunk.line ? (
                  <DiffRow key={hunk.key} line={hunk.line} />
                ) : (
                  <tr key={hunk.key} className="diff-skip">
                    <td colSpan={4}>{t('diff.skipped', { count: hunk.skipped ?? 0 })}</td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
