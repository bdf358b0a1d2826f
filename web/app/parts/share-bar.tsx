import { formatShare, NOTHING } from '../format';
import type { Maybe } from '../nouns';

/** A share of time as a bar with its figure; from `hot` on it is marked. */
export function ShareBar({ share, hot = 0.5, label }: { share: Maybe<number>; hot?: number; label: string }) {
  if (share === undefined || share === null) return <span className="quiet">{NOTHING}</span>;
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const level = share >= hot ? 'hot' : share >= hot / 2.5 ? 'warm' : 'cool';
  return (
    <span className={`share share-${level}`}>
      <span className="share-track">
        <span className="share-fill" style={{ width: `${percent}%` }} />
      </span>
      <span className="figure" title={label}>
        {formatShare(share)}
        {level === 'hot' && <span aria-hidden="true"> !</span>}
      </span>
    </span>
  );
}
