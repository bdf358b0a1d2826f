import { useMutation, useQueryClient } from '@tanstack/react-query';
import { AutoComplete, Form, Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  version: string;
  source: 'pypi' | 'archive';
}

/** Offered first; any other version may be typed. */
const OFFERED = ['2.2.1', '1.20.5'];

export function FlinkVersionInstall({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const install = useMutation({
    mutationFn: ({ version, source }: Values) => write.installFlinkVersion(version.trim(), source),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.installations().queryKey });
      onClose();
    },
  });
  const versionProblem = install.error instanceof ApiProblem ? install.error.of('version') : undefined;
  return (
    <Modal
      open
      destroyOnHidden
      title={t('install.title')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={install.isPending}
      okText={t('install.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'install-confirm' }}
      wrapProps={{ 'data-testid': 'install-dialog' }}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ version: OFFERED[0], source: 'pypi' }}
        onFinish={(values) => install.mutate(values)}
      >
        <Form.Item
          name="version"
          label={t('install.version')}
          rules={[{ required: true, message: t('install.versionNeeded') }]}
          {...(versionProblem ? { validateStatus: 'error' as const, help: versionProblem } : {})}
        >
          <AutoComplete autoFocus options={OFFERED.map((value) => ({ value }))} />
        </Form.Item>
        <Form.Item name="source" label={t('install.source')}>
          <Radio.Group className="radio-rows">
            <Radio value="pypi">
              {t('install.pypi')} <span className="quiet radio-note">{t('install.pypiMeans')}</span>
            </Radio>
            <Radio value="archive">
              {t('install.archive')} <span className="quiet radio-note">{t('install.archiveMeans')}</span>
            </Radio>
          </Radio.Group>
        </Form.Item>
        {!versionProblem && <ProblemAlert error={install.error} />}
      </Form>
    </Modal>
  );
}
