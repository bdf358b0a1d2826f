import { useMutation } from '@tanstack/react-query';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { write } from '../queries/write';

interface Values {
  name: string;
  password: string;
}

export function SignInForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const signIn = useMutation({ mutationFn: ({ name, password }: Values) => write.signIn(name, password), onSuccess: onDone });
  return (
    <Form<Values> layout="vertical" requiredMark={false} onFinish={(values) => signIn.mutate(values)} data-testid="sign-in">
      <Form.Item name="name" label={t('signIn.name')} rules={[{ required: true, message: t('signIn.nameNeeded') }]}>
        <Input autoComplete="username" autoFocus spellCheck={false} />
      </Form.Item>
      <Form.Item name="password" label={t('signIn.password')} rules={[{ required: true, message: t('signIn.passwordNeeded') }]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <div className="stack-12">
        <ProblemAlert error={signIn.error} />
        <Button type="primary" htmlType="submit" block loading={signIn.isPending}>
          {t('signIn.do')}
        </Button>
      </div>
    </Form>
  );
}
