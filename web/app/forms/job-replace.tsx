import { useMutation } from '@tanstack/react-query';
import { Alert } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, StopMode } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { Question } from '../parts/question';
import { ReleaseChoice } from '../parts/release-choice';
import { RunDialog } from '../parts/run-dialog';
import { StartMore } from '../parts/start-more';
import { newestComplete, StateChoice } from '../parts/state-choice';
import { StopChoice } from '../parts/stop-choice';
import { ApiProblem } from '../problem';
import { useRunChoice } from '../queries/run-choice';
import { newKey, type StartChoice, write } from '../queries/write';

interface Props {
  team: string;
  job: Job;
  onClose: () => void;
}

/** Stops what runs and starts a release: the same one is a restart. */
export function JobReplace({ team, job, onClose }: Props) {
  const { t } = useTranslation();
  const choice = useRunChoice(team, job.id, () => ({ from: 'latest', allowNonRestored: false }));
  const [stop, setStop] = useState<StopMode>('savepoint');
  const [key] = useState(newKey);
  const chooseStop = (mode: StopMode) => {
    setStop(mode);
    if (mode === 'cancel' && choice.state.from === 'latest' && !newestComplete(choice.snapshots)) {
      choice.setState({ ...choice.state, from: 'none' });
    }
  };
  const replace = useMutation({
    mutationFn: (body: StartChoice) => write.replaceJob({ team, job: job.id }, { ...body, stop }, key),
    onSuccess: onClose,
  });
  const at = (field: string) => (replace.error instanceof ApiProblem ? replace.error.of(field) : undefined);
  const running = job.run?.releaseNumber;
  const refused = job.actions.replace;
  return (
    <RunDialog
      kind="replace"
      title={t('replace.title', { name: job.name })}
      okText={choice.release === running ? t('replace.restart') : t('replace.do', { release: choice.release ?? 0 })}
      choice={choice}
      allowed={refused.allowed}
      pending={replace.isPending}
      onOk={replace.mutate}
      onClose={onClose}
    >
      <Question number={1} title={t('start.whichRelease')} htmlFor="replace-release">
        <ReleaseChoice
          id="replace-release"
          releases={choice.releases}
          value={choice.release}
          onChange={choice.setRelease}
          current={running}
        />
      </Question>
      <Question number={2} title={t('replace.howStop')}>
        <StopChoice value={stop} onChange={chooseStop} />
      </Question>
      <Question number={3} title={t('start.whichState')}>
        <StateChoice
          snapshots={choice.snapshots}
          value={choice.state}
          onChange={choice.setState}
          latestMeans={stop === 'cancel' ? undefined : t('replace.latestMeans')}
          pathProblem={at('state.path')}
        />
      </Question>
      <StartMore value={choice.more} onChange={choice.setMore} withClaim={choice.state.from !== 'none'} problem={at('parallelism')} />
      {!refused.allowed && <Alert type="warning" showIcon title={refused.reason} />}
      <ProblemAlert error={replace.error} />
    </RunDialog>
  );
}
