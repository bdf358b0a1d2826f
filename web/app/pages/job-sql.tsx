import { useQuery } from '@tanstack/react-query';
import { Alert, App, Button } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Spec, TEMPLATES } from '../draft-edit';
import { keyProblems } from '../forms/cluster-create';
import { DraftConflict } from '../forms/draft-conflict';
import { ReleaseCreate } from '../forms/release-create';
import type { Draft, Finding } from '../nouns';
import { Ago } from '../parts/ago';
import { DraftBar } from '../parts/draft-bar';
import { DraftHistory } from '../parts/draft-history';
import { DraftSettings } from '../parts/draft-settings';
import { asMap, asPairs, doubles, type Pair } from '../parts/key-values';
import { Loaded } from '../parts/loaded';
import { usePlaceName } from '../parts/place-words';
import { ProblemAlert } from '../parts/problem-alert';
import { ProblemsPanel } from '../parts/problems-panel';
import { ProgramSettings } from '../parts/program-settings';
import { type EditorHandle, SqlEditor } from '../parts/sql-editor';
import { keyMarksOf } from '../parts/sql-marks';
import { ApiProblem } from '../problem';
import { useCheck } from '../queries/check';
import { type Editing, useDraftEditing } from '../queries/draft-editing';
import { read } from '../queries/read';
import type { TabProps } from './job';

const NO_FINDINGS: readonly Finding[] = [];

/** Configuration as rows while it is edited: new rows when the draft is replaced from outside. */
function usePairs(editing: Editing) {
  const { spec, generation } = editing.edit;
  const [state, setState] = useState(() => ({ generation, pairs: asPairs(spec.configuration) }));
  if (state.generation !== generation) setState({ generation, pairs: asPairs(spec.configuration) });
  const change = (pairs: Pair[]) => {
    setState({ generation, pairs });
    editing.type({ ...spec, configuration: asMap(pairs) });
  };
  return { pairs: state.pairs, change };
}

/** Ctrl-S saves wherever the focus is on this page. */
function useSaveKey(save: () => void) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** Problems of the last save that belong to no field shown here. */
function elsewhere(error: unknown): unknown {
  if (!(error instanceof ApiProblem) || error.current) return error instanceof ApiProblem ? undefined : error;
  const shown = ['clusterId', 'targetId', 'flinkVersion', 'mode', 'parallelism', 'entryClass', 'jar.name', 'jarUri', 'args', ...TEMPLATES];
  const here = error.field !== undefined && (shown.includes(error.field) || error.field.startsWith('configuration.'));
  return here ? undefined : error;
}

function Restored({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  const { restored, edit } = editing;
  if (!restored) return null;
  return (
    <Alert
      type="info"
      showIcon
      title={
        <>
          {t('draft.restored')} <Ago at={restored.at} />
        </>
      }
      action={
        <span className="row">
          <Button
            size="small"
            onClick={() => {
              editing.put(edit.saved);
              editing.forgetRestored();
            }}
          >
            {t('draft.discard')}
          </Button>
          <Button size="small" type="text" onClick={editing.forgetRestored}>
            {t('draft.fine')}
          </Button>
        </span>
      }
    />
  );
}

function Studio({ team, job, search, change, draft }: TabProps & { draft: Draft | undefined }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const editor = useRef<EditorHandle>(null);
  const editing = useDraftEditing(team, job.id, draft);
  const { edit } = editing;
  const { pairs, change: changePairs } = usePairs(editing);
  const [conflict, setConflict] = useState(false);
  const placeName = usePlaceName(team);
  const check = useCheck(team, {
    sql: edit.spec.program ? '' : edit.spec.sql,
    cluster: edit.spec.clusterId,
    flinkVersion: edit.spec.application?.flinkVersion,
    configuration: edit.spec.configuration,
    jars: edit.spec.jars,
  });
  const findings = useMemo(() => check.report?.findings ?? NO_FINDINGS, [check.report]);
  const readOnly = !job.actions.edit.allowed;
  const but = doubles(pairs).size > 0 ? t('configuration.twice') : undefined;
  const typed = useRef(edit.spec);
  typed.current = edit.spec;
  const type = (next: Partial<Spec>) => editing.type({ ...typed.current, ...next });
  const save = () => {
    if (readOnly || but !== undefined || editing.saving) return;
    if (edit.theirs) return setConflict(true);
    editing.save().then(
      (saved) => void message.success(t('draft.savedNow', { revision: saved.revision })),
      (error: unknown) => {
        if (error instanceof ApiProblem && error.current) setConflict(true);
      },
    );
  };
  useSaveKey(save);
  const fieldProblem = (field: string) => {
    const problems = [editing.error, field === 'flinkVersion' ? check.error : undefined];
    return problems.map((error) => (error instanceof ApiProblem ? error.of(field) : undefined)).find((text) => text !== undefined);
  };
  return (
    <div className="stack-8">
      <DraftBar
        job={job}
        editing={editing}
        but={but}
        onSave={save}
        onConflict={() => setConflict(true)}
        onRelease={(then) => (edit.theirs ? setConflict(true) : change({ dialog: 'release', after: then }))}
        history={
          <DraftHistory
            team={team}
            job={job.id}
            current={edit.spec}
            placeName={placeName}
            revision={search.revision}
            onRevision={(revision) => change({ revision })}
            onPut={editing.put}
          />
        }
      />
      {readOnly && <Alert type="info" showIcon title={job.actions.edit.reason} />}
      <Restored editing={editing} />
      <ProblemAlert error={elsewhere(editing.error)} />
      <div className="studio">
        <div className="studio-main">
          {edit.spec.program ? (
            <ProgramSettings
              team={team}
              program={edit.spec.program}
              own={edit.spec.application !== undefined}
              onChange={(program) => type({ program })}
              fieldProblem={fieldProblem}
              readOnly={readOnly}
            />
          ) : (
            <>
              <SqlEditor
                ref={editor}
                text={edit.spec.sql}
                generation={edit.generation}
                label={t('sql.label')}
                readOnly={readOnly}
                findings={findings}
                onChange={(sql) => type({ sql })}
                onSave={save}
              />
              <ProblemsPanel check={check} onJump={(line, column) => editor.current?.jump(line, column)} />
            </>
          )}
        </div>
        <aside className="studio-side" aria-label={t('sql.settings')}>
          <DraftSettings
            team={team}
            spec={edit.spec}
            pairs={pairs}
            onPairs={changePairs}
            onSpec={editing.type}
            keyProblems={{ ...keyMarksOf(check.report?.findings ?? []), ...keyProblems(editing.error ?? check.error) }}
            fieldProblem={fieldProblem}
            error={editing.error}
            readOnly={readOnly}
          />
        </aside>
      </div>
      {conflict && edit.theirs && (
        <DraftConflict editing={editing} theirs={edit.theirs} placeName={placeName} onClose={() => setConflict(false)} />
      )}
      {search.dialog === 'release' && (
        <ReleaseCreate
          team={team}
          job={job}
          editing={editing}
          check={check}
          thenStart={search.after === 'start'}
          onClose={() => {
            change({ dialog: undefined, after: undefined });
            if (edit.theirs) setConflict(true);
          }}
          onReleased={(number) => {
            void message.success(t('release.made', { release: number }));
            change({ dialog: search.after === 'start' ? 'start' : undefined, after: undefined });
          }}
        />
      )}
    </div>
  );
}

/** The editor of the draft, with what Flink's planner says of it while it is typed. */
export function JobSql(props: TabProps) {
  const { team, job } = props;
  const hasDraft = job.draftRevision > 0;
  const draft = useQuery({ ...read.draft(team, job.id), enabled: hasDraft });
  if (!hasDraft && !draft.data) return <Studio {...props} draft={undefined} />;
  return <Loaded query={draft}>{(found) => <Studio {...props} draft={found} />}</Loaded>;
}
