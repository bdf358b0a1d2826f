import { Alert, Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem, NO_ANSWER, STRANGE_ANSWER } from '../problem';

interface Props {
  error: unknown;
  retry?: (() => void) | undefined;
  extra?: ReactNode;
}

/** What went wrong: what to do next stands first where the server says it, then what happened. */
export function ProblemAlert({ error, retry, extra }: Props) {
  const { t } = useTranslation();
  if (!error) return null;
  const problem = error instanceof ApiProblem ? error : new ApiProblem({ status: 0, code: STRANGE_ANSWER, detail: String(error) });
  const fromServer = problem.code !== NO_ANSWER && problem.code !== STRANGE_ANSWER;
  const title = fromServer ? problem.message : t(problem.code === NO_ANSWER ? 'problem.noAnswer' : 'problem.strangeAnswer');
  const fields = problem.errors.map((one) => (
    <li key={one.field}>
      <code>{one.field}</code> {one.message}
    </li>
  ));
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      data-testid="problem"
      title={title}
      description={
        <div className="stack-4">
          {fromServer ? problem.hint : `${problem.message} ${problem.status ? `(HTTP ${problem.status})` : ''}`}
          {fields.length > 0 && <ul className="plain-list">{fields}</ul>}
          {extra}
        </div>
      }
      action={
        retry && (
          <Button size="small" onClick={retry}>
            {t('again')}
          </Button>
        )
      }
    />
  );
}
