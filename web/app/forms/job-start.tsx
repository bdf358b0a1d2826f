import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, Snapshot } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { Question } from '../parts/question';
import { ReleaseChoice } from '../parts/release-choice';
import { RunDialog } from '../parts/run-dialog';
import { StartMore } from '../parts/start-more';
import { newestComplete, StateChoice, type StateValue } from '../parts/state-choice';
import { ApiProblem } from '../problem';
import { useRunChoice } from '../queries/run-choice';
import { newKey, type StartChoice, write } from '../queries/write';

interface Props {
  team: string;
  job: Job;
  /** A snapshot chosen before. */
  snapshot?: string | undefined;
  onClose: () => void;
}

function firstState(snapshots: readonly Snapshot[], chosen: string | undefined): StateValue {
  if (chosen) return { from: 'snapshot', snapshotId: chosen, allowNonRestored: false };
  return { from: newestComplete(snapshots) ? 'latest' : 'none', allowNonRestored: false };
}

/** Asks which release and from which state, then starts. */
export function JobStart({ team, job, snapshot, onClose }: Props) {
  const { t } = useTranslation();
  const choice = useRunChoice(team, job.id, (snapshots) => firstState(snapshots, snapshot));
  const [key] = useState(newKey);
  const start = useMutation({
    mutationFn: (body: StartChoice) => write.startJob({ team, job: job.id }, body, key),
    onSuccess: onClose,
  });
  const at = (field: string) => (start.error instanceof ApiProblem ? start.error.of(field) : undefined);
  const { actions } = job;
  return (
    <RunDialog
      kind="start"
      title={t('start.title', { name: job.name })}
      okText={t('start.do')}
      choice={choice}
      allowed={actions.start.allowed}
      pending={start.isPending}
      onOk={start.mutate}
      onClose={onClose}
    >
      <Question number={1} title={t('start.whichRelease')} htmlFor="start-release">
        <ReleaseChoice
          id="start-release"
          releases={choice.releases}
          value={choice.release}
          onChange={choice.setRelease}
          current={job.run?.endedAt ? undefined : job.run?.releaseNumber}
        />
      </Question>
      <Question number={2} title={t('start.whichState')}>
        <StateChoice snapshots={choice.snapshots} value={choice.state} onChange={choice.setState} pathProblem={at('state.path')} />
      </Question>
      <StartMore value={choice.more} onChange={choice.setMore} withClaim={choice.state.from !== 'none'} problem={at('parallelism')} />
      {!actions.start.allowed && (
        <ProblemAlert error={new ApiProblem({ status: 409, code: actions.start.code, detail: actions.start.reason })} />
      )}
      <ProblemAlert error={start.error} />
    </RunDialog>
  );
}
