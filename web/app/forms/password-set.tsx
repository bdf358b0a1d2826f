import { useMutation } from '@tanstack/react-query';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import { write } from '../queries/write';

interface Values {
  current?: string;
  next: string;
  again: string;
}

const SHORTEST = 12;

interface Props {
  /** Whether the old password is asked for. */
  askCurrent: boolean;
  onDone: () => void;
  onSkip?: () => void;
}

export function PasswordSet({ askCurrent, onDone, onSkip }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const set = useMutation({
    mutationFn: ({ next, current }: Values) => write.setPassword(next, current),
    onSuccess: () => {
      form.resetFields();
      onDone();
    },
  });
  const inField = (field: string) => (set.error instanceof ApiProblem ? set.error.of(field) : undefined);
  const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});
  return (
    <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={(values) => set.mutate(values)} data-testid="set-password">
      {askCurrent && (
        <Form.Item
          name="current"
          label={t('password.current')}
          rules={[{ required: true, message: t('password.currentNeeded') }]}
          {...wrong(inField('current'))}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
      )}
      <Form.Item
        name="next"
        label={t('password.next')}
        extra={t('password.rule', { count: SHORTEST })}
        rules={[{ required: true, min: SHORTEST, message: t('password.rule', { count: SHORTEST }) }]}
        {...wrong(inField('new'))}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('password.again')}
        dependencies={['next']}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              value === getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('password.differs'))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <div className="stack-12">
        <ProblemAlert error={set.error} />
        <div className="row">
          <Button type="primary" htmlType="submit" loading={set.isPending}>
            {t('password.do')}
          </Button>
          {onSkip && <Button onClick={onSkip}>{t('password.skip')}</Button>}
        </div>
      </div>
    </Form>
  );
}
