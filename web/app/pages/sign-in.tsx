import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { Card, Spin } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordSet } from '../forms/password-set';
import { SignInForm } from '../forms/sign-in';
import { Mark } from '../parts/mark';
import { ProblemAlert } from '../parts/problem-alert';
import { safeNext } from '../paths';
import { ApiProblem } from '../problem';
import { write } from '../queries/write';
import { takeToken } from '../session';

type Stage = 'form' | 'link' | 'password';

export function SignInPage() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: '/sign-in' });
  const router = useRouter();
  const queries = useQueryClient();
  const [token] = useState(takeToken);
  const [stage, setStage] = useState<Stage>(token ? 'link' : 'form');
  const [error, setError] = useState<unknown>();
  const go = () => {
    queries.clear();
    router.history.push(safeNext(next));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the link is used once, when the page opens
  useEffect(() => {
    if (!token) return;
    write.signInLink(token).then(
      (me) => (me.passwordSet ? go() : setStage('password')),
      (problem: unknown) => {
        setError(problem);
        setStage('form');
      },
    );
  }, [token]);
  const linkOver = error instanceof ApiProblem && error.status === 401;
  return (
    <main className="sign-in">
      <div className="sign-in-brand">
        <Mark size={40} />
        <h1>{t('brand')}</h1>
        <p className="quiet">{t('signIn.claim')}</p>
      </div>
      <Card>
        {stage === 'link' && (
          <div className="centre">
            <Spin /> <p>{t('signIn.link')}</p>
          </div>
        )}
        {stage === 'form' && (
          <div className="stack-12">
            {next && !error && <p className="quiet">{t('signIn.back')}</p>}
            {linkOver ? <ProblemAlert error={error} extra={t('signIn.linkOver')} /> : <ProblemAlert error={error} />}
            <SignInForm onDone={go} />
          </div>
        )}
        {stage === 'password' && (
          <div className="stack-12">
            <div>
              <h2>{t('password.title')}</h2>
              <p className="quiet">{t('password.why')}</p>
            </div>
            <PasswordSet askCurrent={false} onDone={go} onSkip={go} />
          </div>
        )}
      </Card>
    </main>
  );
}
