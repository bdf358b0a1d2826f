import { CloseOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Card, Popconfirm, Progress } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../format';
import type { Upload } from '../nouns';
import { read } from '../queries/read';
import { cancelUploading, forgetUploading, retryUploading, startUploading, type Uploading, useUploading } from '../queries/uploading';
import { write } from '../queries/write';
import { Ago } from './ago';
import { ProblemAlert } from './problem-alert';

function Row({ one }: { one: Uploading }) {
  const { t, i18n } = useTranslation();
  const ended = one.state === 'done' || one.state === 'failed' || one.state === 'cancelled';
  const share = one.size === 0 ? 0 : Math.floor((one.arrived / one.size) * 100);
  const version = one.artifact?.version ?? 0;
  return (
    <article className="upload" data-testid="uploading" data-state={one.state}>
      <header>
        <strong className="ellipsis" title={one.fileName}>
          {one.fileName}
        </strong>
        {one.name !== one.fileName && <span className="quiet ellipsis">→ {one.name}</span>}
        <span className="grow" />
        <span className="quiet" aria-live="polite">
          {one.state === 'done'
            ? t(one.created ? 'upload.isVersion' : 'upload.nothingNew', { version })
            : t(`upload.state.${one.state}`, {
                arrived: formatBytes(one.arrived, i18n.language),
                size: formatBytes(one.size, i18n.language),
              })}
        </span>
        {one.state === 'failed' && (
          <Button size="small" onClick={() => retryUploading(one)}>
            {t('again')}
          </Button>
        )}
        {ended ? (
          <Button
            type="text"
            size="small"
            icon={<CloseOutlined />}
            aria-label={t('upload.forget')}
            onClick={() => forgetUploading(one.key)}
          />
        ) : one.state === 'checking' ? null : (
          <Button size="small" data-testid="upload-cancel" onClick={() => cancelUploading(one)}>
            {t('upload.cancel')}
          </Button>
        )}
      </header>
      {!ended && <Progress percent={share} size="small" status={one.state === 'waiting' ? 'normal' : 'active'} aria-label={one.fileName} />}
      {one.state === 'failed' && <ProblemAlert error={one.error} />}
    </article>
  );
}

/** Uploads of this browser; what they made is in the list below at once. */
export function UploadingList({ team }: { team: string }) {
  const queries = useQueryClient();
  const uploading = useUploading(team);
  const done = uploading.filter((one) => one.state === 'done').length;
  useEffect(() => {
    if (done > 0) void queries.invalidateQueries({ queryKey: read.artifacts(team).queryKey });
  }, [queries, team, done]);
  if (uploading.length === 0) return null;
  return (
    <Card size="small">
      <div className="stack-12">
        {uploading.map((one) => (
          <Row key={one.key} one={one} />
        ))}
      </div>
    </Card>
  );
}

function OpenUpload({ team, upload }: { team: string; upload: Upload }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const input = useRef<HTMLInputElement>(null);
  const go = (file: File | undefined) => {
    if (!file) return;
    if (file.name !== upload.fileName || file.size !== upload.sizeBytes) {
      const size = formatBytes(upload.sizeBytes, i18n.language);
      modal.error({ title: t('upload.otherFile'), content: t('upload.otherFileMeans', { name: upload.fileName, size }) });
      return;
    }
    startUploading({ team, file, name: upload.name, upload: upload.id });
  };
  const giveUp = () =>
    write
      .deleteUpload(team, upload.id)
      .then(() => queries.invalidateQueries({ queryKey: read.uploads(team).queryKey }))
      .catch((error: unknown) => void modal.error({ title: t('upload.notCancelled'), content: <ProblemAlert error={error} /> }));
  return (
    <article className="upload" data-testid="open-upload">
      <header>
        <strong className="ellipsis">{upload.fileName}</strong>
        <span className="quiet">
          {t('upload.stands', {
            arrived: formatBytes(upload.offset, i18n.language),
            size: formatBytes(upload.sizeBytes, i18n.language),
            name: upload.createdBy.name,
          })}{' '}
          · <Ago at={upload.createdAt} />
        </span>
        <span className="grow" />
        <input ref={input} type="file" hidden aria-label={t('upload.goOn')} onChange={(event) => go(event.target.files?.[0])} />
        <Button size="small" onClick={() => input.current?.click()}>
          {t('upload.goOn')}
        </Button>
        <Popconfirm
          title={t('upload.giveUpTitle')}
          okText={t('upload.giveUp')}
          okButtonProps={{ danger: true }}
          cancelText={t('goBack')}
          onConfirm={giveUp}
        >
          <Button size="small">{t('upload.giveUp')}</Button>
        </Popconfirm>
      </header>
    </article>
  );
}

/** Uploads that were begun elsewhere, or before this page was loaded: the same file goes on where it ended. */
export function OpenUploads({ team, uploads }: { team: string; uploads: readonly Upload[] }) {
  const { t } = useTranslation();
  const mine = useUploading(team);
  const others = uploads.filter((upload) => !mine.some((one) => one.upload === upload.id));
  if (others.length === 0) return null;
  return (
    <Alert
      type="info"
      title={t('upload.open', { count: others.length })}
      description={
        <div className="stack-4">
          {others.map((upload) => (
            <OpenUpload key={upload.id} team={team} upload={upload} />
          ))}
        </div>
      }
    />
  );
}
