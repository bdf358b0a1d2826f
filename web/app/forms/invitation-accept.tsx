import { useMutation } from '@tanstack/react-query';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import { write } from '../queries/write';

interface Values {
  name: string;
  password: string;
  again: string;
}

const SHORTEST = 12;

/** A new person accepts an invitation: a name and a password of their own. */
export function InvitationAccept({ token, onDone }: { token: string; onDone: () => void }) {
  const { t } = useTranslation();
  const accept = useMutation({
    mutationFn: ({ name, password }: Values) => write.acceptInvitation(token, name, password),
    onSuccess: onDone,
  });
  const wrong = (field: string) => {
    const message = accept.error instanceof ApiProblem ? accept.error.of(field) : undefined;
    return message ? { validateStatus: 'error' as const, help: message } : {};
  };
  return (
    <Form<Values> layout="vertical" requiredMark={false} onFinish={(values) => accept.mutate(values)} data-testid="accept">
      <Form.Item
        name="name"
        label={t('signIn.name')}
        rules={[{ required: true, whitespace: true, message: t('signIn.nameNeeded') }]}
        {...wrong('name')}
      >
        <Input autoComplete="username" autoFocus spellCheck={false} />
      </Form.Item>
      <Form.Item
        name="password"
        label={t('password.next')}
        extra={t('password.rule', { count: SHORTEST })}
        rules={[{ required: true, min: SHORTEST, message: t('password.rule', { count: SHORTEST }) }]}
        {...wrong('password')}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('password.again')}
        dependencies={['password']}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              value === getFieldValue('password') ? Promise.resolve() : Promise.reject(new Error(t('password.differs'))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <div className="stack-12">
        <ProblemAlert error={accept.error} />
        <Button type="primary" htmlType="submit" block loading={accept.isPending}>
          {t('invitation.accept')}
        </Button>
      </div>
    </Form>
  );
}
