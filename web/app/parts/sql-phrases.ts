// The editor's own words, in the language of the console.
import { EditorState, type Extension } from '@codemirror/state';
import type { TFunction } from 'i18next';

export function phrases(t: TFunction): Extension {
  return EditorState.phrases.of({
    Find: t('editor.find'),
    Replace: t('editor.replaceWith'),
    next: t('editor.next'),
    previous: t('editor.previous'),
    all: t('editor.all'),
    'match case': t('editor.matchCase'),
    regexp: t('editor.regexp'),
    'by word': t('editor.byWord'),
    replace: t('editor.replace'),
    'replace all': t('editor.replaceAll'),
    close: t('editor.close'),
    'Go to line': t('editor.goToLine'),
    go: t('editor.go'),
    Diagnostics: t('editor.diagnostics'),
    'No diagnostics': t('editor.noDiagnostics'),
    Completions: t('editor.completions'),
    'folded code': t('editor.folded'),
    unfold: t('editor.unfold'),
    'Fold line': t('editor.foldLine'),
    'Unfold line': t('editor.unfoldLine'),
  });
}
