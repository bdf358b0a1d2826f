import { Card } from 'antd';
import { useTranslation } from 'react-i18next';
import type { JobException } from '../nouns';
import { Ago, Clock } from './ago';
import { CopyButton } from './copy';

function ExceptionCard({ exception }: { exception: JobException }) {
  const { t } = useTranslation();
  return (
    <Card size="small" data-testid="exception">
      <div className="stack-8">
        <div className="exception-cause">{exception.cause}</div>
        <div className="row quiet">
          {exception.at && (
            <span>
              <Clock at={exception.at} /> (<Ago at={exception.at} />)
            </span>
          )}
          {exception.task && <span>{t('exception.task', { task: exception.task })}</span>}
          {exception.location && <span>{exception.location}</span>}
          {exception.keptOf && <span className="chip">{t('exception.kept')}</span>}
          {exception.class && <code>{exception.class}</code>}
        </div>
        <details>
          <summary>
            {t('exception.trace')} <CopyButton text={exception.trace} />
          </summary>
          <pre className="trace">{exception.trace}</pre>
        </details>
      </div>
    </Card>
  );
}

/** Exceptions, each with its cause first and its trace folded. */
export function ExceptionList({ exceptions }: { exceptions: readonly JobException[] }) {
  return (
    <div className="stack-8">
      {exceptions.map((exception) => (
        <ExceptionCard key={`${exception.at}-${exception.task}-${exception.cause}`} exception={exception} />
      ))}
    </div>
  );
}
