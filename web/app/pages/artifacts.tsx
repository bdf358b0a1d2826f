import { UploadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { type DragEvent, useDeferredValue, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ArtifactUpload } from '../forms/artifact-upload';
import { ARTIFACT_KINDS, type Artifact } from '../nouns';
import { ArtifactTable } from '../parts/artifact-table';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { SearchField } from '../parts/search-field';
import { OpenUploads, UploadingList } from '../parts/upload-list';
import { type ArtifactsSearch, paths } from '../paths';
import { read } from '../queries/read';
import { startUploading } from '../queries/uploading';
import { useTitle } from '../title';

/** Whether an artifact is meant by what was typed and chosen. */
export function matches(artifact: Artifact, { search = '', kind }: ArtifactsSearch): boolean {
  const wanted = search.trim().toLocaleLowerCase();
  const named = [artifact.name, artifact.fileName, artifact.digest].some((text) => text.toLocaleLowerCase().includes(wanted));
  return named && (kind === undefined || artifact.kind === kind);
}

/** Files that are let go over the page are sent at once, under their own names. */
function useDrop(team: string, may: boolean) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const brings = (event: DragEvent) => may && event.dataTransfer.types.includes('Files');
  const left = () => {
    depth.current = 0;
    setOver(false);
  };
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (!brings(event)) return;
        depth.current++;
        setOver(true);
      },
      onDragLeave: (event: DragEvent) => {
        if (brings(event) && --depth.current <= 0) left();
      },
      onDragOver: (event: DragEvent) => {
        if (brings(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        if (!brings(event)) return;
        event.preventDefault();
        left();
        for (const file of event.dataTransfer.files) startUploading({ team, file });
      },
    },
  };
}

/** Whether the person may upload and delete in a team. */
function useMayChange(team: string): boolean {
  const me = useQuery(read.me());
  const role = me.data?.teams.find((one) => one.name === team)?.role;
  return me.data?.user.platformAdmin === true || role === 'developer' || role === 'team_admin';
}

export function ArtifactsPage() {
  const { t } = useTranslation();
  const { team } = useParams({ from: '/frame/teams/$team/artifacts' });
  const search = useSearch({ from: '/frame/teams/$team/artifacts' });
  const navigate = useNavigate();
  const mayChange = useMayChange(team);
  const artifacts = useQuery(read.artifacts(team));
  const uploads = useQuery({ ...read.uploads(team), enabled: mayChange });
  const wanted = useDeferredValue(search);
  const drop = useDrop(team, mayChange && search.dialog === undefined);
  const { dialog, of, ...filters } = search;
  const go = (next: ArtifactsSearch, replace = false) => void navigate({ ...paths.artifacts(team, next), replace });
  const filter = (change: ArtifactsSearch) => {
    const { search: typed, kind } = { ...filters, ...change };
    go({ ...(typed ? { search: typed } : {}), ...(kind ? { kind } : {}) }, true);
  };
  const open = (name?: string) => go({ ...filters, dialog: 'upload', ...(name ? { of: name } : {}) });
  useTitle(t('nav.artifacts'), team);
  return (
    <section className={drop.over ? 'stack-12 drop-zone over' : 'stack-12 drop-zone'} aria-label={t('nav.artifacts')} {...drop.handlers}>
      <div className="page-head">
        <h1>{t('nav.artifacts')}</h1>
        <SearchField label={t('artifact.search')} value={search.search ?? ''} change={(typed) => filter({ search: typed })} />
        <Select
          allowClear
          className="kind-choice"
          aria-label={t('artifact.kindTitle')}
          placeholder={t('artifact.anyKind')}
          value={search.kind ?? null}
          options={ARTIFACT_KINDS.map((kind) => ({ value: kind, label: t(`artifact.kind.${kind}`) }))}
          onChange={(kind) => {
            const { kind: _, ...others } = filters;
            go(kind ? { ...others, kind } : others, true);
          }}
        />
        <span className="grow" />
        {mayChange && (
          <Button type="primary" icon={<UploadOutlined />} data-testid="upload" onClick={() => open()}>
            {t('upload.title')}
          </Button>
        )}
      </div>
      {drop.over && <div className="drop-sign">{t('upload.drop')}</div>}
      <UploadingList team={team} />
      <OpenUploads team={team} uploads={uploads.data?.items ?? []} />
      <Loaded query={artifacts}>
        {(all) => {
          const shown = all.filter((one) => matches(one, wanted));
          if (shown.length > 0) return <ArtifactTable team={team} artifacts={shown} mayChange={mayChange} upload={open} />;
          if (all.length > 0)
            return <Empty action={<Button onClick={() => go({})}>{t('jobs.clear')}</Button>}>{t('artifact.noneFound')}</Empty>;
          return <Empty>{mayChange ? t('artifact.none') : t('artifact.noneYet')}</Empty>;
        }}
      </Loaded>
      {dialog === 'upload' && <ArtifactUpload team={team} name={of} onClose={() => go(filters)} />}
    </section>
  );
}
