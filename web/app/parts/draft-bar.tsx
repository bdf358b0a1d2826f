import { CaretRightOutlined, RocketOutlined, SaveOutlined } from '@ant-design/icons';
import { Button, Space } from 'antd';
import { useTranslation } from 'react-i18next';
import { dirty } from '../draft-edit';
import type { Job } from '../nouns';
import { ApiProblem } from '../problem';
import type { Editing } from '../queries/draft-editing';
import { ActionButton } from './action-button';

type State = 'saved' | 'unsaved' | 'saving' | 'conflict' | 'refused' | 'empty';

export function draftState(editing: Editing): State {
  const { edit, saving, error } = editing;
  if (saving) return 'saving';
  if (edit.theirs) return 'conflict';
  if (!dirty(edit)) return edit.base === 0 ? 'empty' : 'saved';
  return error instanceof ApiProblem ? 'refused' : 'unsaved';
}

interface Props {
  job: Job;
  editing: Editing;
  /** Why it cannot be saved now, by this page. */
  but: string | undefined;
  onSave: () => void;
  onRelease: (then?: 'start') => void;
  onConflict: () => void;
  history: React.ReactNode;
}

/** State of the draft, and what can be done with it. */
export function DraftBar({ job, editing, but, onSave, onRelease, onConflict, history }: Props) {
  const { t } = useTranslation();
  const state = draftState(editing);
  const { edit } = editing;
  const { edit: mayEdit, release: mayRelease } = job.actions;
  // A draft that is only on this screen yet is saved first, so that an empty one on the server is no reason to refuse.
  const releasable = dirty(edit) && mayEdit.allowed ? { ...mayRelease, allowed: true } : mayRelease;
  return (
    <div className="draft-bar">
      <span
        data-testid="draft-state"
        data-state={state}
        data-revision={edit.base}
        className={state === 'saved' ? 'quiet' : 'draft-unsaved'}
      >
        {t(`draft.${state}`, { revision: edit.base })}
      </span>
      {state === 'conflict' && (
        <Button size="small" type="link" onClick={onConflict} data-testid="conflict-open">
          {t('draft.compare', { who: edit.theirs?.savedBy.name ?? '', revision: edit.theirs?.revision ?? 0 })}
        </Button>
      )}
      <span className="grow" />
      <Space size={8} wrap>
        {history}
        <ActionButton
          icon={<SaveOutlined />}
          action={mayEdit}
          but={but ?? (dirty(edit) || edit.base === 0 ? undefined : t('draft.nothing'))}
          loading={editing.saving}
          onClick={onSave}
          data-testid="save"
        >
          {t('save')}
        </ActionButton>
        <ActionButton icon={<RocketOutlined />} action={releasable} but={but} onClick={() => onRelease()} data-testid="release">
          {t('release.button')}
        </ActionButton>
        <ActionButton
          type="primary"
          icon={<CaretRightOutlined />}
          action={releasable}
          but={but}
          onClick={() => onRelease('start')}
          data-testid="release-and-start"
        >
          {t('release.andStart')}
        </ActionButton>
      </Space>
    </div>
  );
}
