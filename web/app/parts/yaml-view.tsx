import { syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { useDark } from '../preferences';
import { theme } from './sql-setup';
import { yaml } from './yaml-language';

/** YAML to read. */
export function YamlView({ text, label }: { text: string; label: string }) {
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          syntaxHighlighting(classHighlighter),
          yaml(),
          lineNumbers(),
          EditorView.lineWrapping,
          theme(dark),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label }),
        ],
      }),
    });
    return () => view.destroy();
  }, [text, label, dark]);
  return <div className="yaml-view" ref={box} />;
}
