import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Adds a Flink that is on the server's host already. */
export function FlinkVersionAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ home: string }>();
  const add = useMutation({
    mutationFn: ({ home }: { home: string }) => write.addFlinkVersion(home.trim()),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.flinkVersions().queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open
      destroyOnHidden
      title={t('addVersion.title')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={add.isPending}
      okText={t('addVersion.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'add-confirm' }}
      wrapProps={{ 'data-testid': 'add-dialog' }}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => add.mutate(values)}>
        <Form.Item
          name="home"
          label={t('addVersion.home')}
          extra={t('addVersion.homeMeans')}
          rules={[{ required: true, message: t('addVersion.homeNeeded') }]}
        >
          <Input autoFocus className="mono" placeholder="/opt/flink-2.2.1" spellCheck={false} />
        </Form.Item>
        <ProblemAlert error={add.error} />
      </Form>
    </Modal>
  );
}
