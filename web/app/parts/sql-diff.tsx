import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useDark } from '../preferences';
import { look, theme } from './sql-setup';

interface Props {
  left: string;
  right: string;
  leftTitle: string;
  rightTitle: string;
}

/** Two texts side by side, equal stretches folded. */
export function SqlDiff({ left, right, leftTitle, rightTitle }: Props) {
  const { t } = useTranslation();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const unchanged = EditorState.phrases.of({ '$ unchanged lines': t('diff.unchanged') });
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [look(), theme(dark), EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-label': label }), unchanged],
    });
    const merge = new MergeView({
      parent: box.current,
      a: side(left, leftTitle),
      b: side(right, rightTitle),
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true,
    });
    return () => merge.destroy();
  }, [left, right, leftTitle, rightTitle, dark, t]);
  return (
    <div className="sql-diff">
      <div className="sql-diff-titles">
        <span>{leftTitle}</span>
        <span>{rightTitle}</span>
      </div>
      {left === right && <div className="quiet">{t('diff.same')}</div>}
      <div ref={box} className="sql-diff-box" />
    </div>
  );
}
