import { InboxOutlined } from '@ant-design/icons';
import { Form, Input, Modal, Select, Upload } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ARTIFACT_KINDS, type ArtifactKind } from '../nouns';
import { startUploading } from '../queries/uploading';

export const ACCEPTED = '.jar,.py,.zip,.whl,.egg,.tar,.tar.gz,.tgz';

interface Values {
  name?: string;
  kind?: ArtifactKind;
}

interface Props {
  team: string;
  /** The name that gets a new version; any without it. */
  name?: string | undefined;
  onClose: () => void;
}

/** Chooses files, and what they are called; the sending goes on behind the dialog. */
export function ArtifactUpload({ team, name, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const [files, setFiles] = useState<File[]>([]);
  const one = files.length === 1 ? files[0] : undefined;
  const send = (values: Values) => {
    const called = values.name?.trim();
    for (const file of files) {
      startUploading({ team, file, ...(one && called ? { name: called } : {}), ...(values.kind ? { kind: values.kind } : {}) });
    }
    onClose();
  };
  return (
    <Modal
      open
      destroyOnHidden
      title={name ? t('upload.titleOf', { name }) : t('upload.title')}
      onCancel={onClose}
      onOk={form.submit}
      okText={t('upload.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'upload-confirm', disabled: files.length === 0 }}
      wrapProps={{ 'data-testid': 'upload-dialog' }}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={send} initialValues={name ? { name } : {}}>
        <Form.Item>
          <Upload.Dragger
            accept={ACCEPTED}
            multiple={!name}
            fileList={files.map((file, place) => ({ uid: String(place), name: file.name, size: file.size }))}
            beforeUpload={(_, chosen) => {
              setFiles(name ? chosen.slice(0, 1) : [...chosen]);
              return false;
            }}
            onRemove={(gone) => setFiles(files.filter((_, place) => String(place) !== gone.uid))}
          >
            <p className="ant-upload-drag-icon">
              <InboxOutlined />
            </p>
            <p>{t('upload.choose')}</p>
            <p className="quiet">{t('upload.kinds')}</p>
          </Upload.Dragger>
        </Form.Item>
        {files.length < 2 && (
          <Form.Item name="name" label={t('upload.name')} extra={t('upload.nameMeans')}>
            <Input placeholder={one?.name ?? t('upload.nameOfFile')} maxLength={200} spellCheck={false} data-testid="upload-name" />
          </Form.Item>
        )}
        <Form.Item name="kind" label={t('upload.kind')}>
          <Select
            allowClear
            placeholder={t('upload.kindByContent')}
            options={ARTIFACT_KINDS.map((kind) => ({ value: kind, label: t(`artifact.kind.${kind}`) }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
