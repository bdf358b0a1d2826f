import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';

export interface Pair {
  id: number;
  key: string;
  value: string;
}

/** The pairs as a map; empty rows are left out, of two equal keys the later one counts. */
export const asMap = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter((pair) => pair.key.trim() !== '').map((pair) => [pair.key.trim(), pair.value]));

let nextId = 1;
export const newPair = (key = '', value = ''): Pair => ({ id: nextId++, key, value });

export const asPairs = (map: Record<string, string> | null | undefined): Pair[] =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => newPair(key, value));

/** Ids of rows whose key an earlier row has. */
export function doubles(pairs: readonly Pair[]): Set<number> {
  const seen = new Set<string>();
  const found = new Set<number>();
  for (const { id, key } of pairs) {
    const name = key.trim();
    if (name === '') continue;
    if (seen.has(name)) found.add(id);
    seen.add(name);
  }
  return found;
}

interface Props {
  pairs: readonly Pair[];
  onChange: (pairs: Pair[]) => void;
  /** What is wrong with a key, by the key. */
  problems?: Readonly<Record<string, string>>;
  readOnly?: boolean;
  /** What keys and values are called; those of a configuration unless told. */
  words?: { key: string; value: string; add: string; twice: string };
}

/** Configuration as rows of key and value, with what is wrong beneath the row. */
export function KeyValues({ pairs, onChange, problems = {}, readOnly, words }: Props) {
  const { t } = useTranslation();
  const named = words ?? {
    key: t('configuration.key'),
    value: t('configuration.value'),
    add: t('configuration.add'),
    twice: t('configuration.twice'),
  };
  const twice = doubles(pairs);
  const set = (id: number, next: Partial<Pair>) => onChange(pairs.map((pair) => (pair.id === id ? { ...pair, ...next } : pair)));
  return (
    <div className="stack-4">
      {pairs.map((pair) => {
        const problem = twice.has(pair.id) ? named.twice : problems[pair.key.trim()];
        return (
          <div key={pair.id} className="key-value">
            <Input
              size="small"
              className="mono key-value-key"
              spellCheck={false}
              disabled={readOnly === true}
              data-testid="configuration-key"
              aria-label={named.key}
              placeholder={named.key}
              value={pair.key}
              {...(problem ? { status: 'error' as const } : {})}
              onChange={(event) => set(pair.id, { key: event.target.value })}
            />
            <Input
              size="small"
              className="mono"
              spellCheck={false}
              disabled={readOnly === true}
              data-testid="configuration-value"
              aria-label={t('configuration.valueOf', { key: pair.key })}
              placeholder={named.value}
              value={pair.value}
              onChange={(event) => set(pair.id, { value: event.target.value })}
            />
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              disabled={readOnly === true}
              aria-label={t('configuration.remove', { key: pair.key })}
              onClick={() => onChange(pairs.filter((one) => one.id !== pair.id))}
            />
            {problem && <div className="field-problem">{problem}</div>}
          </div>
        );
      })}
      <Button
        size="small"
        type="dashed"
        icon={<PlusOutlined />}
        disabled={readOnly === true}
        data-testid="configuration-add"
        onClick={() => onChange([...pairs, newPair()])}
      >
        {named.add}
      </Button>
    </div>
  );
}
