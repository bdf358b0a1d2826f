import type { Maybe } from '../nouns';
import { Ago } from './ago';

/** Who says so, in the server's words, and how long ago, ticking. */
export function Evidence({ status }: { status: { evidence: string; evidenceAt?: Maybe<string> } }) {
  return (
    <span className="quiet" data-testid="evidence">
      {status.evidence}
      {status.evidenceAt && (
        <>
          {' · '}
          <Ago at={status.evidenceAt} />
        </>
      )}
    </span>
  );
}
