import { Alert } from 'antd';
import type { Condition } from '../nouns';
import { Ago } from './ago';

const SERIOUS: readonly Condition['kind'][] = ['unreachable', 'ghost', 'crash_loop'];

/** What is to be known beside the label, each in the server's words. */
export function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  if (conditions.length === 0) return null;
  return (
    <div className="stack-4" data-testid="conditions">
      {conditions.map((condition) => (
        <Alert
          key={condition.kind}
          type={SERIOUS.includes(condition.kind) ? 'warning' : 'info'}
          showIcon
          title={
            <span>
              {condition.sentence}{' '}
              <span className="quiet">
                <Ago at={condition.since} />
              </span>
            </span>
          }
        />
      ))}
    </div>
  );
}
