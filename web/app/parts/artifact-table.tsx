import { DeleteOutlined, DownloadOutlined, UploadOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Popconfirm, Table, Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { serverAddress } from '../client';
import { formatBytes, short } from '../format';
import type { Artifact } from '../nouns';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { Ago } from './ago';
import { ArtifactUses } from './artifact-uses';
import { CopyText } from './copy';
import { Loaded } from './loaded';
import { ProblemAlert } from './problem-alert';

interface Props {
  team: string;
  artifacts: Artifact[];
  /** Whether the person may upload and delete. */
  mayChange: boolean;
  upload: (name: string) => void;
}

const contentOf = (team: string, artifact: Artifact) =>
  `${serverAddress()}/api/v1/teams/${encodeURIComponent(team)}/artifacts/${artifact.id}/content`;

function Download({ team, artifact }: { team: string; artifact: Artifact }) {
  const { t } = useTranslation();
  const title = t('artifact.download', { name: artifact.fileName });
  return (
    <Tooltip title={title}>
      <Button
        type="text"
        size="small"
        icon={<DownloadOutlined />}
        aria-label={title}
        href={contentOf(team, artifact)}
        download={artifact.fileName}
      />
    </Tooltip>
  );
}

function Delete({ team, artifact }: { team: string; artifact: Artifact }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const remove = useMutation({
    mutationFn: () => write.deleteArtifact(team, artifact.id),
    onSuccess: () => void queries.invalidateQueries({ queryKey: read.artifacts(team).queryKey }),
    onError: (error) => void modal.error({ title: t('artifact.notDeleted'), content: <ProblemAlert error={error} /> }),
  });
  const { version } = artifact;
  if (artifact.uses > 0) {
    const why = t('artifact.deleteUsed');
    return (
      <Tooltip title={why}>
        <span>
          <Button type="text" size="small" disabled icon={<DeleteOutlined />} aria-label={why} />
        </span>
      </Tooltip>
    );
  }
  return (
    <Popconfirm
      title={t('artifact.deleteTitle', { version })}
      description={<div className="narrow-text">{t('artifact.deleteMeans')}</div>}
      okText={t('artifact.delete')}
      okButtonProps={{ danger: true }}
      cancelText={t('goBack')}
      onConfirm={() => remove.mutate()}
    >
      <Button
        type="text"
        size="small"
        icon={<DeleteOutlined />}
        loading={remove.isPending}
        aria-label={t('artifact.deleteTitle', { version })}
      />
    </Popconfirm>
  );
}

/** All versions of a name, and what each is and who uses it. */
function Versions({ team, name, mayChange }: { team: string; name: string; mayChange: boolean }) {
  const { t, i18n } = useTranslation();
  const versions = useQuery(read.artifactVersions(team, name));
  return (
    <Loaded query={versions}>
      {({ items }) => (
        <Table<Artifact>
          size="small"
          rowKey="id"
          data-testid="artifact-versions"
          dataSource={items}
          tableLayout="fixed"
          pagination={{ pageSize: 20, hideOnSinglePage: true, size: 'small' }}
          scroll={{ x: 1060 }}
          columns={[
            { title: t('artifact.version'), width: 76, render: (_, one) => <strong>{one.version}</strong> },
            { title: t('artifact.file'), ellipsis: true, render: (_, one) => <span title={one.fileName}>{one.fileName}</span> },
            { title: 'SHA-256', width: 150, render: (_, one) => <CopyText text={one.digest} shown={short(one.digest)} /> },
            { title: t('artifact.size'), width: 86, align: 'right', render: (_, one) => formatBytes(one.sizeBytes, i18n.language) },
            {
              title: t('artifact.mains'),
              width: 190,
              ellipsis: true,
              render: (_, one) => <span title={one.entryClasses.join('\n')}>{one.entryClasses[0] ?? '–'}</span>,
            },
            { title: t('artifact.usedBy'), width: 220, render: (_, one) => <ArtifactUses team={team} artifact={one} most={10} /> },
            { title: t('artifact.by'), width: 90, ellipsis: true, render: (_, one) => one.createdBy.name },
            {
              title: <span className="hidden-text">{t('actions')}</span>,
              width: 76,
              align: 'right',
              render: (_, one) => (
                <span className="no-wrap">
                  <Download team={team} artifact={one} />
                  {mayChange && <Delete team={team} artifact={one} />}
                </span>
              ),
            },
          ]}
        />
      )}
    </Loaded>
  );
}

/** The newest version of each name; a row opens to all its versions. */
export function ArtifactTable({ team, artifacts, mayChange, upload }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <Table<Artifact>
      size="small"
      rowKey="name"
      data-testid="artifacts"
      dataSource={artifacts}
      tableLayout="fixed"
      pagination={{ pageSize: 50, hideOnSinglePage: true, size: 'small' }}
      scroll={{ x: 960 }}
      expandable={{
        expandRowByClick: true,
        expandedRowRender: (one) => <Versions team={team} name={one.name} mayChange={mayChange} />,
      }}
      columns={[
        { title: t('artifact.name'), ellipsis: true, render: (_, one) => <strong title={one.name}>{one.name}</strong> },
        { title: t('artifact.newest'), width: 84, align: 'right', render: (_, one) => <span className="figure">{one.version}</span> },
        { title: t('artifact.kindTitle'), width: 120, render: (_, one) => <Tag>{t(`artifact.kind.${one.kind}`)}</Tag> },
        { title: t('artifact.size'), width: 92, align: 'right', render: (_, one) => formatBytes(one.sizeBytes, i18n.language) },
        { title: t('artifact.usedBy'), width: '26%', render: (_, one) => <ArtifactUses team={team} artifact={one} most={3} /> },
        { title: t('artifact.uploaded'), width: 100, render: (_, one) => <Ago at={one.createdAt} /> },
        {
          title: <span className="hidden-text">{t('actions')}</span>,
          width: 76,
          align: 'right',
          onCell: () => ({ onClick: (event) => event.stopPropagation() }),
          render: (_, one) => (
            <span className="no-wrap">
              <Download team={team} artifact={one} />
              {mayChange && (
                <Tooltip title={t('upload.newVersion')}>
                  <Button
                    type="text"
                    size="small"
                    icon={<UploadOutlined />}
                    aria-label={t('upload.newVersion')}
                    onClick={() => upload(one.name)}
                  />
                </Tooltip>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}
