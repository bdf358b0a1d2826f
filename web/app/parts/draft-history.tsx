import { HistoryOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Modal, Popover, Skeleton } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Spec, specOf } from '../draft-edit';
import { readKept } from '../draft-store';
import { asText } from '../forms/draft-conflict';
import { read } from '../queries/read';
import { Ago } from './ago';
import { Loaded } from './loaded';
import { ProblemAlert } from './problem-alert';

const SqlDiff = lazy(() => import('./sql-diff').then((part) => ({ default: part.SqlDiff })));

interface Props {
  team: string;
  job: string;
  current: Spec;
  placeName: (id: string) => string;
  /** Revision that is shown beside the text of the editor. */
  revision: number | undefined;
  onRevision: (revision: number | undefined) => void;
  onPut: (spec: Spec) => void;
}

function RevisionList({ team, job, onRevision, onAside }: Pick<Props, 'team' | 'job' | 'onRevision'> & { onAside: (spec: Spec) => void }) {
  const { t } = useTranslation();
  const drafts = useQuery(read.drafts(team, job));
  const aside = readKept('aside', job);
  return (
    <div className="history">
      {aside && (
        <button type="button" className="history-row" onClick={() => onAside(aside.spec)}>
          <strong>{t('history.aside')}</strong>
          <span className="quiet">
            <Ago at={aside.at} />
          </span>
        </button>
      )}
      <Loaded query={drafts}>
        {({ items }) =>
          items.map((draft) => (
            <button type="button" key={draft.revision} className="history-row" onClick={() => onRevision(draft.revision)}>
              <strong className="figure">r{draft.revision}</strong>
              <span className="ellipsis">{draft.savedBy.name}</span>
              <span className="quiet">
                <Ago at={draft.savedAt} />
              </span>
            </button>
          ))
        }
      </Loaded>
    </div>
  );
}

function Compare({ team, job, current, placeName, revision, onRevision, onPut }: Props & { revision: number }) {
  const { t } = useTranslation();
  const draft = useQuery(read.draftRevision(team, job, revision));
  const close = () => onRevision(undefined);
  return (
    <Modal
      open
      width={1100}
      title={t('history.title', { revision })}
      onCancel={close}
      okText={t('history.put')}
      cancelText={t('goBack')}
      okButtonProps={{ disabled: !draft.data }}
      onOk={() => {
        if (draft.data) onPut(specOf(draft.data.spec));
        close();
      }}
    >
      <ProblemAlert error={draft.error} />
      {draft.isPending && <Skeleton active />}
      {draft.data && (
        <Suspense fallback={null}>
          <SqlDiff
            left={asText(specOf(draft.data.spec), placeName)}
            right={asText(current, placeName)}
            leftTitle={`r${revision} · ${draft.data.savedBy.name}`}
            rightTitle={t('history.now')}
          />
        </Suspense>
      )}
    </Modal>
  );
}

/** Saved revisions: compare with what is on the screen, put one back as unsaved text. */
export function DraftHistory(props: Props) {
  const { team, job, revision, onRevision, onPut } = props;
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Popover
        open={open}
        onOpenChange={setOpen}
        trigger="click"
        placement="bottomRight"
        content={
          <RevisionList
            team={team}
            job={job}
            onRevision={(chosen) => {
              setOpen(false);
              onRevision(chosen);
            }}
            onAside={(spec) => {
              setOpen(false);
              onPut(spec);
            }}
          />
        }
      >
        <Button icon={<HistoryOutlined />} data-testid="history">
          {t('history.button')}
        </Button>
      </Popover>
      {revision !== undefined && <Compare {...props} revision={revision} />}
    </>
  );
}
