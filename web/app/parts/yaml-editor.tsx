import { syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, lineNumbers, placeholder } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { useDark } from '../preferences';
import type { TextFault } from '../target-edit';
import { offsetOf } from './sql-marks';
import { editing, theme } from './sql-setup';
import { yaml } from './yaml-language';

interface Props {
  /** What is in it at first; later changes are its own. */
  text: string;
  label: string;
  example: string;
  faults: readonly TextFault[];
  onChange: (text: string) => void;
}

/** A small editor for YAML, with what the server found wrong at its place. */
export function YamlEditor({ text, label, example, faults, onChange }: Props) {
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const look = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes later is given to it below
  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          syntaxHighlighting(classHighlighter),
          yaml(),
          lineNumbers(),
          editing(() => undefined),
          look.current.of(theme(dark)),
          placeholder(example),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
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
    view.current?.dispatch({ effects: look.current.reconfigure(theme(dark)) });
  }, [dark]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const { doc } = editor.state;
    const marks = faults.map(({ line, column, message }) => {
      const from = offsetOf(doc, line, column);
      return { from, to: Math.max(from, doc.lineAt(from).to), severity: 'error' as const, message };
    });
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [faults]);

  return <div className="yaml-editor" ref={box} />;
}
