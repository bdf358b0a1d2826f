import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';

const LINE_HEIGHT = 18;
const MOST_LINES = 20_000;

export interface LogLine {
  number: number;
  text: string;
}

/** The lines of a tail; with a search only those that have it, whatever case. */
export function linesOf(text: string, find: string): LogLine[] {
  if (text === '') return [];
  const all = text.replace(/\n$/, '').split('\n');
  const first = Math.max(0, all.length - MOST_LINES);
  const wanted = find.toLowerCase();
  const lines: LogLine[] = [];
  for (let index = first; index < all.length; index++) {
    const line = all[index] ?? '';
    if (wanted === '' || line.toLowerCase().includes(wanted)) lines.push({ number: index + 1, text: line });
  }
  return lines;
}

const LEVEL = /\b(ERROR|FATAL|WARN|WARNING)\b/;

function levelOf(text: string): string {
  const level = LEVEL.exec(text.slice(0, 120))?.[1];
  if (!level) return 'log-line';
  return level.startsWith('WARN') ? 'log-line log-warn' : 'log-line log-error';
}

function Marked({ text, find }: { text: string; find: string }) {
  if (find === '') return text;
  const parts: React.ReactNode[] = [];
  const low = text.toLowerCase();
  const wanted = find.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** The tail of a log: only the lines in view are on the page; stays at the end while the end is in view. */
export function LogView({ text, find }: { text: string; find: string }) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const lines = useMemo(() => linesOf(text, find), [text, find]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => LINE_HEIGHT, overscan: 30 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: goes to the end when the text changed
  useEffect(() => {
    if (atEnd.current && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [lines]);
  const onScroll = () => {
    const element = box.current;
    if (element) atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LINE_HEIGHT;
  };
  return (
    <section
      className="log"
      ref={box}
      onScroll={onScroll}
      data-testid="log"
      aria-label={t('logs.lines')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
      tabIndex={0}
    >
      {lines.length === 0 && <div className="quiet log-empty">{find ? t('logs.noMatch') : t('logs.empty')}</div>}
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (!line) return null;
          return (
            <div key={row.key} className={levelOf(line.text)} style={{ transform: `translateY(${row.start}px)` }}>
              <span className="log-number" aria-hidden="true">
                {line.number}
              </span>
              <Marked text={line.text} find={find} />
            </div>
          );
        })}
      </div>
    </section>
  );
}
