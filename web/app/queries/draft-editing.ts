// The draft that is being edited: what is on the screen, kept in this browser while unsaved, saved by revision.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useRef, useState } from 'react';
import { begin, bodyOf, dirty, type Edit, type Kept, type Spec, same, step } from '../draft-edit';
import { forget, keep, readKept } from '../draft-store';
import type { Draft } from '../nouns';
import { ApiProblem } from '../problem';
import { read } from './read';
import { write } from './write';

const KEEP_AFTER_MS = 300;

export interface Editing {
  edit: Edit;
  /** Text of an earlier visit was put back. */
  restored: Kept | undefined;
  saving: boolean;
  error: unknown;
  type: (spec: Spec) => void;
  put: (spec: Spec) => void;
  /** Saves, on top of what the text is based on; answers the draft. */
  save: () => Promise<Draft>;
  /** Saves mine as the newest revision, on top of theirs. */
  keepMine: () => Promise<Draft>;
  takeTheirs: () => void;
  forgetRestored: () => void;
}

const EMPTY: Spec = { sql: '', jars: [], configuration: {} };

/** Keeps unsaved text in this browser, a moment after each key and when the page goes away. */
function useKeeping(job: string, edit: Edit) {
  const latest = useRef(edit);
  latest.current = edit;
  useEffect(() => {
    const now = () => {
      const { base, spec } = latest.current;
      if (dirty(latest.current)) keep('draft', job, { base, spec, at: Date.now() });
      else forget('draft', job);
    };
    window.addEventListener('pagehide', now);
    return () => {
      window.removeEventListener('pagehide', now);
      now();
    };
  }, [job]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (dirty(edit)) keep('draft', job, { base: edit.base, spec: edit.spec, at: Date.now() });
      else forget('draft', job);
    }, KEEP_AFTER_MS);
    return () => clearTimeout(timer);
  }, [job, edit]);
}

/** `draft` is absent while the job has none. */
export function useDraftEditing(team: string, job: string, draft: Draft | undefined): Editing {
  const queries = useQueryClient();
  const [kept] = useState(() => readKept('draft', job));
  const [edit, dispatch] = useReducer(step, undefined, () => begin(draft ?? { revision: 0, spec: EMPTY }, kept, draft));
  const [restored, setRestored] = useState(() => (kept && !same(kept.spec, edit.saved) ? kept : undefined));
  useKeeping(job, edit);

  const saving = useMutation({
    mutationFn: ({ base, spec }: { base: number; spec: Spec }) => write.saveDraft({ team, job }, base, bodyOf(spec)),
    onSuccess: (saved) => {
      dispatch({ kind: 'saved', draft: saved });
      setRestored(undefined);
      queries.setQueryData(read.draft(team, job).queryKey, saved);
      void queries.invalidateQueries({ queryKey: read.drafts(team, job).queryKey });
    },
    onError: (error) => {
      if (error instanceof ApiProblem && error.current) dispatch({ kind: 'refused', draft: error.current });
    },
  });

  const busy = saving.isPending;
  useEffect(() => {
    if (draft && !busy) dispatch({ kind: 'read', draft });
  }, [draft, busy]);

  return {
    edit,
    restored,
    saving: busy,
    error: saving.error,
    type: (spec) => dispatch({ kind: 'typed', spec }),
    put: (spec) => dispatch({ kind: 'put', spec }),
    save: () => saving.mutateAsync({ base: edit.base, spec: edit.spec }),
    keepMine: () => saving.mutateAsync({ base: edit.theirs?.revision ?? edit.base, spec: edit.spec }),
    takeTheirs: () => {
      keep('aside', job, { base: edit.base, spec: edit.spec, at: Date.now() });
      dispatch({ kind: 'take-theirs' });
      saving.reset();
    },
    forgetRestored: () => setRestored(undefined),
  };
}
