import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, placeholder } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Finding } from '../nouns';
import { useDark } from '../preferences';
import { marksOf, offsetOf } from './sql-marks';
import { phrases } from './sql-phrases';
import { editing, look, theme } from './sql-setup';

export interface EditorHandle {
  /** Puts the cursor at a place and the focus into the editor. */
  jump(line: number, column: number): void;
}

interface Props {
  text: string;
  /** Grows when the text is to be replaced by what was given. */
  generation: number;
  label: string;
  readOnly: boolean;
  findings: readonly Finding[];
  onChange: (text: string) => void;
  onSave: () => void;
  ref?: Ref<EditorHandle>;
}

/** The SQL editor. It owns its text; the page hears of each change. */
export function SqlEditor({ text, generation, label, readOnly, findings, onChange, onSave, ref }: Props) {
  const { t } = useTranslation();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const shown = useRef(generation);
  const calls = useRef({ onChange, onSave });
  calls.current = { onChange, onSave };
  const parts = useRef({ theme: new Compartment(), readOnly: new Compartment(), words: new Compartment() });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes later is given to it below
  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          look(),
          editing(() => calls.current.onSave()),
          parts.current.theme.of(theme(dark)),
          parts.current.readOnly.of(EditorState.readOnly.of(readOnly)),
          parts.current.words.of([phrases(t), placeholder(t('sql.placeholder'))]),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) calls.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = undefined;
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.theme.reconfigure(theme(dark)) });
  }, [dark]);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.words.reconfigure([phrases(t), placeholder(t('sql.placeholder'))]) });
  }, [t]);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.readOnly.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || shown.current === generation) return;
    shown.current = generation;
    const { anchor } = editor.state.selection.main;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: text },
      selection: { anchor: Math.min(anchor, text.length) },
    });
  }, [generation, text]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marksOf(editor.state.doc, findings)));
  }, [findings]);

  useImperativeHandle(ref, () => ({
    jump(line, column) {
      const editor = view.current;
      if (!editor) return;
      const at = offsetOf(editor.state.doc, line, column);
      editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      editor.focus();
    },
  }));

  return <div className="sql-editor" ref={box} data-testid="editor" />;
}
