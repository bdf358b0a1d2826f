import { UploadOutlined } from '@ant-design/icons';
import { Button, Form, Input, Segmented, Upload } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Target } from '../nouns';
import { ApiProblem } from '../problem';
import type { AccessKind, TargetText } from '../target-edit';

const EXAMPLES = { path: '/etc/streamwright/kubeconfig', namespace: 'flink', kubeconfig: 'apiVersion: v1\nkind: Config' };

interface Props {
  text: TargetText;
  set: (more: Partial<TargetText>) => void;
  stored: Target | undefined;
  error: unknown;
}

/** Messages of a problem at the fields of a form. */
export const atField = (error: unknown) => (field: string) => {
  const message = error instanceof ApiProblem ? error.of(field) : undefined;
  return message ? { validateStatus: 'error' as const, help: message } : {};
};

/** How the API server is reached, who we are there, and the namespace. */
export function TargetAccess({ text, set, stored, error }: Props) {
  const { t } = useTranslation();
  const wrong = atField(error);
  const kept = stored?.access.kind === 'kubeconfig';
  return (
    <>
      <Form.Item label={t('targets.access')} extra={t(`targets.access.${text.kind}Means`)} {...wrong('access')}>
        <Segmented<AccessKind>
          value={text.kind}
          data-testid="target-access"
          onChange={(kind) => set({ kind })}
          options={(['kubeconfig', 'file', 'in_cluster'] as const).map((kind) => ({ value: kind, label: t(`targets.access.${kind}`) }))}
        />
      </Form.Item>
      {text.kind === 'kubeconfig' && (
        <Form.Item
          label={
            <span className="row">
              {t('targets.kubeconfig')}
              <Upload
                showUploadList={false}
                beforeUpload={(file) => {
                  void file.text().then((kubeconfig) => set({ kubeconfig }));
                  return false;
                }}
              >
                <Button size="small" type="link" icon={<UploadOutlined />}>
                  {t('connection.file')}
                </Button>
              </Upload>
            </span>
          }
          extra={t('targets.kubeconfigMeans')}
          {...wrong('access.kubeconfig')}
        >
          <Input.TextArea
            className="mono"
            aria-label={t('targets.kubeconfig')}
            data-testid="target-kubeconfig"
            autoSize={{ minRows: 2, maxRows: 6 }}
            spellCheck={false}
            autoComplete="off"
            value={text.kubeconfig}
            placeholder={kept ? t('connection.kept') : EXAMPLES.kubeconfig}
            onChange={(event) => set({ kubeconfig: event.target.value })}
          />
        </Form.Item>
      )}
      {text.kind === 'file' && (
        <Form.Item label={t('targets.path')} {...wrong('access.path')}>
          <Input
            className="mono"
            spellCheck={false}
            aria-label={t('targets.path')}
            placeholder={EXAMPLES.path}
            value={text.path}
            onChange={(event) => set({ path: event.target.value })}
          />
        </Form.Item>
      )}
      <div className="pair">
        {text.kind !== 'in_cluster' && (
          <Form.Item label={t('targets.context')} {...wrong('context')}>
            <Input
              aria-label={t('targets.context')}
              spellCheck={false}
              placeholder={t('targets.contextUsual')}
              value={text.context}
              onChange={(event) => set({ context: event.target.value })}
            />
          </Form.Item>
        )}
        <Form.Item label={t('targets.namespace')} {...wrong('namespace')}>
          <Input
            aria-label={t('targets.namespace')}
            data-testid="target-namespace"
            spellCheck={false}
            placeholder={EXAMPLES.namespace}
            value={text.namespace}
            onChange={(event) => set({ namespace: event.target.value })}
          />
        </Form.Item>
        <Form.Item label={t('targets.serviceAccount')} {...wrong('serviceAccount')}>
          <Input
            aria-label={t('targets.serviceAccount')}
            spellCheck={false}
            placeholder={t('targets.serviceAccountUsual')}
            value={text.serviceAccount}
            onChange={(event) => set({ serviceAccount: event.target.value })}
          />
        </Form.Item>
      </div>
    </>
  );
}
