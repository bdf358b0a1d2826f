// The colours of YAML: keys, texts, comments. What is wrong with a text, the server says.
import { StreamLanguage } from '@codemirror/language';

export const yaml = () =>
  StreamLanguage.define({
    name: 'yaml',
    languageData: { commentTokens: { line: '#' } },
    token(stream) {
      if (stream.eatSpace()) return null;
      if (stream.match(/^#.*/)) return 'comment';
      if (stream.match(/^(---|\.\.\.)$/)) return 'meta';
      if (stream.match(/^("[^"]*"|'[^']*'|[^\s#"'[\]{},:&*!|>%@`-][^#:{}[\],]*?)(?=\s*:(\s|$))/)) return 'propertyName';
      if (stream.match(/^("(\\.|[^"\\])*"?|'[^']*'?)/)) return 'string';
      if (stream.match(/^[-+]?\d[\d.eE_]*(?=[\s,\]}]|$)/)) return 'number';
      if (stream.match(/^(true|false|null|~)(?=[\s,\]}]|$)/)) return 'atom';
      if (stream.match(/^[&*][\w-]+/)) return 'labelName';
      if (stream.match(/^[[\]{},:|>-]+/)) return 'punctuation';
      if (stream.match(/^[^\s[\]{},]+/)) return null;
      stream.next();
      return null;
    },
  });
