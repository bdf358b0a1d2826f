// Unsaved text in this browser: kept while typing, given back after a reload, a crash or a new sign-in.
import { type Kept, type Spec, specOf } from './draft-edit';
import { readStored, writeStored } from './preferences';

type Shelf = 'draft' | 'aside';

const keyOf = (shelf: Shelf, job: string) => `${shelf}.${job}`;

function isSpec(value: unknown): value is Spec {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sql' in value &&
    typeof value.sql === 'string' &&
    'configuration' in value &&
    typeof value.configuration === 'object' &&
    value.configuration !== null
  );
}

export function readKept(shelf: Shelf, job: string): Kept | undefined {
  const text = readStored(keyOf(shelf, job));
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('spec' in value) || !isSpec(value.spec)) return undefined;
    const base = 'base' in value && typeof value.base === 'number' ? value.base : 0;
    const at = 'at' in value && typeof value.at === 'number' ? value.at : 0;
    const { program, application } = value.spec;
    const spec = { ...specOf(value.spec), ...(program ? { program } : {}), ...(application ? { application } : {}) };
    return { base, spec, at };
  } catch {
    return undefined;
  }
}

export const keep = (shelf: Shelf, job: string, kept: Kept) => writeStored(keyOf(shelf, job), JSON.stringify(kept));
export const forget = (shelf: Shelf, job: string) => writeStored(keyOf(shelf, job), undefined);
