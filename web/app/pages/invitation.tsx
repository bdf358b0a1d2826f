import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Button, Card, Divider } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { InvitationAccept } from '../forms/invitation-accept';
import { Clock } from '../parts/ago';
import { Loaded } from '../parts/loaded';
import { Mark } from '../parts/mark';
import { ProblemAlert } from '../parts/problem-alert';
import { paths } from '../paths';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { takeToken } from '../session';
import { useTitle } from '../title';

/** Somebody who has an account joins with it. */
function Join({ token, name, onDone }: { token: string; name: string; onDone: () => void }) {
  const { t } = useTranslation();
  const join = useMutation({ mutationFn: () => write.joinByInvitation(token), onSuccess: onDone });
  return (
    <div className="stack-12">
      <ProblemAlert error={join.error} />
      <Button type="primary" block loading={join.isPending} onClick={() => join.mutate()} data-testid="join">
        {t('invitation.join', { name })}
      </Button>
    </div>
  );
}

export function InvitationPage() {
  const { t } = useTranslation();
  const router = useRouter();
  const queries = useQueryClient();
  const [token] = useState(() => takeToken() ?? '');
  const offer = useQuery({
    queryKey: ['invitation', token.slice(0, 6)],
    queryFn: () => write.lookAtInvitation(token),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const me = useQuery(read.me());
  const go = (team: string) => {
    queries.clear();
    void router.navigate(paths.jobs(team));
  };
  useTitle(t('invitation.title'));
  return (
    <main className="sign-in">
      <div className="sign-in-brand">
        <Mark size={40} />
        <h1>{t('brand')}</h1>
      </div>
      <Card>
        <Loaded query={offer}>
          {({ team, role, invitedBy, expiresAt }) => (
            <div className="stack-12">
              <div>
                <h2>{t('invitation.to', { team })}</h2>
                <p className="quiet">
                  {t('invitation.as', { name: invitedBy, role: t(`role.${role}`) })} {t(`role.${role}Means`)}
                </p>
                <p className="quiet">
                  {t('account.until')}: <Clock at={expiresAt} />
                </p>
              </div>
              {me.data ? (
                <Join token={token} name={me.data.user.name} onDone={() => go(team)} />
              ) : (
                <>
                  <InvitationAccept token={token} onDone={() => go(team)} />
                  <Divider plain>{t('invitation.or')}</Divider>
                  <p className="quiet">{t('invitation.signInFirst')}</p>
                </>
              )}
            </div>
          )}
        </Loaded>
      </Card>
    </main>
  );
}
