import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Checkbox, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dirty } from '../draft-edit';
import type { Job } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { errorsIn, FindingList } from '../parts/problems-panel';
import { ApiProblem } from '../problem';
import type { Check } from '../queries/check';
import type { Editing } from '../queries/draft-editing';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Props {
  team: string;
  job: Job;
  editing: Editing;
  check: Check;
  thenStart: boolean;
  onClose: () => void;
  onReleased: (number: number) => void;
}

/** Makes a release of the draft, saving it first; with errors only on an explicit word. */
export function ReleaseCreate({ team, job, editing, check, thenStart, onClose, onReleased }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [override, setOverride] = useState(false);
  const unsaved = dirty(editing.edit);
  const release = useMutation({
    mutationFn: async () => {
      const revision = unsaved ? (await editing.save()).revision : editing.edit.base;
      return write.createRelease({ team, job: job.id }, { draftRevision: revision, note: note.trim(), overrideErrors: override });
    },
    onSuccess: ({ number }) => {
      void queries.invalidateQueries({ queryKey: read.releases(team, job.id).queryKey });
      void queries.invalidateQueries({ queryKey: read.job(team, job.id).queryKey });
      onReleased(number);
    },
    onError: (error) => {
      // A conflict of the draft has its own dialog.
      if (error instanceof ApiProblem && error.current) onClose();
    },
  });
  const refused = release.error instanceof ApiProblem ? release.error : undefined;
  const findings = refused && refused.findings.length > 0 ? refused.findings : (check.report?.findings ?? []);
  const errors = errorsIn(findings);
  const title = t('release.title', { release: job.releaseNumber + 1 });
  return (
    <Modal
      open
      destroyOnHidden
      width={620}
      title={title}
      onCancel={onClose}
      onOk={() => release.mutate()}
      confirmLoading={release.isPending}
      okText={thenStart ? t('release.doAndStart') : t('release.do')}
      cancelText={t('goBack')}
      okButtonProps={{ disabled: errors > 0 && !override, 'data-testid': 'release-confirm' }}
      wrapProps={{ 'data-testid': 'release-dialog' }}
    >
      <div className="stack-12">
        <p className="quiet">{unsaved ? t('release.savesFirst') : t('release.ofRevision', { revision: editing.edit.base })}</p>
        <div>
          <label htmlFor="release-note">{t('release.note')}</label>
          <Input.TextArea
            id="release-note"
            data-testid="release-note"
            autoFocus
            autoSize={{ minRows: 2, maxRows: 6 }}
            placeholder={t('release.noteExample')}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
        {findings.length > 0 && (
          <div className="release-findings">
            <FindingList findings={findings} />
          </div>
        )}
        {check.checking && <p className="quiet">{t('check.checking')}</p>}
        {!check.checking && findings.length === 0 && check.report && <Alert type="success" showIcon title={t('release.clean')} />}
        {errors > 0 && (
          <Checkbox checked={override} onChange={(event) => setOverride(event.target.checked)} data-testid="release-override">
            {t('release.override', { count: errors })}
          </Checkbox>
        )}
        {refused && refused.findings.length === 0 && <ProblemAlert error={refused} />}
        {release.error !== null && !refused && <ProblemAlert error={release.error} />}
      </div>
    </Modal>
  );
}
