import { formatAgo, formatClock, formatDuration, formatTime, NOTHING } from '../format';
import type { Maybe } from '../nouns';
import { useNow } from '../now';
import { useLanguage } from '../preferences';

type When = Maybe<string | number>;

const asMillis = (at: string | number) => (typeof at === 'number' ? at : Date.parse(at));

/** `12s ago`, ticking; the full time on hover. */
export function Ago({ at }: { at: When }) {
  const language = useLanguage();
  const now = useNow();
  if (at === undefined || at === null) return <span>{NOTHING}</span>;
  return (
    <time dateTime={new Date(asMillis(at)).toISOString()} title={formatTime(at, language)} className="figure">
      {formatAgo(asMillis(at), now, language)}
    </time>
  );
}

/** How long from one time to another, ticking while there is no end. */
export function Lasting({ from, to }: { from: When; to?: When }) {
  const language = useLanguage();
  const now = useNow();
  if (from === undefined || from === null) return <span>{NOTHING}</span>;
  const end = to === undefined || to === null ? now : asMillis(to);
  return <span className="figure">{formatDuration(end - asMillis(from), language)}</span>;
}

/** The time of day, with the day where it is another. */
export function Clock({ at }: { at: When }) {
  const language = useLanguage();
  const now = useNow();
  if (at === undefined || at === null) return <span>{NOTHING}</span>;
  return (
    <time dateTime={new Date(asMillis(at)).toISOString()} title={formatTime(at, language)} className="figure">
      {formatClock(at, now, language)}
    </time>
  );
}
