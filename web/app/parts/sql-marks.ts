// Findings as marks in the text. Their places are 1-based lines and UTF-16 columns, the end exclusive.
import type { Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import type { Finding } from '../nouns';

/** The offset of a place; what lies outside of the text is moved to its edge. */
export function offsetOf(doc: Text, line: number, column: number): number {
  if (line < 1) return 0;
  if (line > doc.lines) return doc.length;
  const { from, to } = doc.line(line);
  return Math.min(to, from + Math.max(0, column - 1));
}

export function marksOf(doc: Text, findings: readonly Finding[]): Diagnostic[] {
  const inScript = findings.filter((finding) => !finding.field);
  return inScript.map((finding) => {
    const from = offsetOf(doc, finding.line, finding.column);
    let to = Math.max(from, offsetOf(doc, finding.endLine, finding.endColumn));
    if (to === from) to = Math.min(doc.lineAt(from).to, from + 1);
    const suggestion = finding.suggestion ? `\n${finding.suggestion}` : '';
    return {
      from: to === from ? Math.max(doc.lineAt(from).from, from - 1) : from,
      to,
      severity: finding.severity,
      message: finding.message + suggestion,
    };
  });
}

const KEY = 'configuration.';

/** What is found in the configuration and not in the script, by key. */
export function keyMarksOf(findings: readonly Finding[]): Record<string, string> {
  const ofKeys = findings.filter((finding) => finding.field?.startsWith(KEY));
  const text = (finding: Finding) => (finding.suggestion ? `${finding.message}. ${finding.suggestion}` : finding.message);
  return Object.fromEntries(ofKeys.map((finding) => [finding.field?.slice(KEY.length) ?? '', text(finding)]));
}
