// The text on the screen and the draft on the server: pure steps, so that nothing typed is ever lost or overwritten.
import type { ArtifactRef, Draft, Maybe, Mode, NewJobSpec } from './nouns';
import { type Application, placeBody } from './place';

/** Where the jar of a program is: an artifact, or a file of the image or of a mount; neither while nothing is chosen. */
export interface ProgramJar {
  jar?: ArtifactRef;
  jarUri?: string;
}

/** The main class of a jar. */
export interface Program extends ProgramJar {
  entryClass?: string;
  args: string[];
}

/** The pod templates of an application. */
export const TEMPLATES = ['jobManagerTemplate', 'taskManagerTemplate'] as const;
export type TemplateField = (typeof TEMPLATES)[number];
export type PodTemplates = Partial<Record<TemplateField, string>>;

/** What of a draft is edited: a script, or a program (then the script is empty); on a cluster, or as an application (then without). */
export interface Spec extends PodTemplates {
  sql: string;
  program?: Program;
  jars: ArtifactRef[];
  clusterId?: string;
  application?: Application;
  parallelism?: number;
  configuration: Record<string, string>;
}

export interface Edit {
  /** The revision that the text is based on, and what it said. */
  base: number;
  saved: Spec;
  /** What is on the screen. */
  spec: Spec;
  /** A newer revision of somebody else, while mine is not saved. */
  theirs?: Draft;
  /** Grows when the text was replaced from outside, so that the editor shows it. */
  generation: number;
}

export type Step =
  | { kind: 'typed'; spec: Spec }
  | { kind: 'read'; draft: Draft }
  | { kind: 'saved'; draft: Draft }
  | { kind: 'refused'; draft: Draft }
  | { kind: 'take-theirs' }
  | { kind: 'put'; spec: Spec };

interface DraftSpec {
  sql?: Maybe<string>;
  jar?: Maybe<ArtifactRef>;
  jarUri?: Maybe<string>;
  entryClass?: Maybe<string>;
  args?: string[];
  jars?: ArtifactRef[];
  clusterId?: Maybe<string>;
  mode?: Mode;
  targetId?: Maybe<string>;
  flinkVersion?: Maybe<string>;
  parallelism?: Maybe<number>;
  configuration?: Record<string, string>;
  jobManagerTemplate?: Maybe<string>;
  taskManagerTemplate?: Maybe<string>;
}

/** A draft that somebody saved with both has the one that its mode names. */
function placeOf({ mode, clusterId, targetId, flinkVersion }: DraftSpec) {
  if (mode === 'application') return { application: { ...(targetId ? { targetId } : {}), ...(flinkVersion ? { flinkVersion } : {}) } };
  return clusterId ? { clusterId } : {};
}

/** Templates that say something: a blank one is none. */
export function templatesOf(spec: { readonly [field in TemplateField]?: Maybe<string> }): PodTemplates {
  const found: PodTemplates = {};
  for (const field of TEMPLATES) {
    const text = spec[field];
    if (text && text.trim() !== '') found[field] = text;
  }
  return found;
}

/** A specification with one template as it is typed now. */
export function withTemplate(spec: Spec, field: TemplateField, text: string): Spec {
  const { jobManagerTemplate: _, taskManagerTemplate: __, ...rest } = spec;
  return { ...rest, ...templatesOf({ ...templatesOf(spec), [field]: text }) };
}

function programOf({ jar, jarUri, entryClass, args = [] }: DraftSpec): { program?: Program } {
  const where = jar ? { jar } : typeof jarUri === 'string' ? { jarUri } : undefined;
  return where ? { program: { ...where, args, ...(entryClass ? { entryClass } : {}) } } : {};
}

export function specOf(spec: DraftSpec): Spec {
  return {
    sql: spec.sql ?? '',
    ...programOf(spec),
    jars: spec.jars ?? [],
    ...placeOf(spec),
    ...(spec.parallelism ? { parallelism: spec.parallelism } : {}),
    configuration: spec.configuration ?? {},
    ...templatesOf(spec),
  };
}

/** As the API takes it: a script or a program, a cluster or an application, never both. */
export function bodyOf({ sql, program, clusterId, application, ...rest }: Spec): NewJobSpec {
  const body = { ...rest, ...placeBody({ clusterId, application }) };
  return program ? { ...body, ...program } : { ...body, sql };
}

/** `name`, `name@3`. */
export const refText = ({ name, version }: ArtifactRef) => (version ? `${name}@${version}` : name);

/** `orders@2`, `local:///opt/flink/usrlib/orders.jar`. */
export const jarText = ({ jar, jarUri }: ProgramJar) => jarUri ?? (jar ? refText(jar) : '');

const programText = (program: Program | undefined) =>
  program ? JSON.stringify([jarText(program), program.jarUri === undefined, program.entryClass ?? '', program.args]) : '';

const placeText = ({ clusterId, application }: Spec) =>
  application ? JSON.stringify([application.targetId ?? '', application.flinkVersion ?? '']) : (clusterId ?? '');

const ordered = (map: Record<string, string>) => JSON.stringify(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

export function same(a: Spec, b: Spec): boolean {
  return (
    a.sql === b.sql &&
    programText(a.program) === programText(b.program) &&
    a.jars.map(refText).join('\n') === b.jars.map(refText).join('\n') &&
    placeText(a) === placeText(b) &&
    a.parallelism === b.parallelism &&
    ordered(a.configuration) === ordered(b.configuration) &&
    TEMPLATES.every((field) => a[field] === b[field])
  );
}

export const dirty = (edit: Edit) => !same(edit.spec, edit.saved);

/** Text that was not saved when the page was left. */
export interface Kept {
  base: number;
  spec: Spec;
  at: number;
}

/** Begins with the draft, or with text of this browser that was not saved. */
export function begin(draft: { revision: number; spec: DraftSpec }, kept: Kept | undefined, whole?: Draft): Edit {
  const saved = specOf(draft.spec);
  const fresh: Edit = { base: draft.revision, saved, spec: saved, generation: 0 };
  if (!kept || same(kept.spec, saved)) return fresh;
  if (kept.base >= draft.revision || !whole) return { ...fresh, spec: kept.spec };
  return { ...fresh, base: kept.base, spec: kept.spec, theirs: whole };
}

export function step(edit: Edit, next: Step): Edit {
  switch (next.kind) {
    case 'typed':
      return { ...edit, spec: next.spec };
    case 'read': {
      const { draft } = next;
      if (draft.revision <= edit.base) return edit;
      const spec = specOf(draft.spec);
      if (same(spec, edit.spec)) return settled(edit, draft, edit.generation);
      if (!dirty(edit)) return settled({ ...edit, spec }, draft, edit.generation + 1);
      return { ...edit, theirs: draft };
    }
    case 'saved':
      return settled(edit, next.draft, edit.generation);
    case 'refused':
      return { ...edit, theirs: next.draft };
    case 'take-theirs':
      return edit.theirs ? settled({ ...edit, spec: specOf(edit.theirs.spec) }, edit.theirs, edit.generation + 1) : edit;
    case 'put':
      return { ...edit, spec: next.spec, generation: edit.generation + 1 };
  }
}

/** The draft is the new base; what is on the screen stays. */
function settled(edit: Edit, draft: Draft, generation: number): Edit {
  return { base: draft.revision, saved: specOf(draft.spec), spec: edit.spec, generation };
}
