import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, ReleaseSummary, Snapshot, StopMode } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { Question } from '../parts/question';
import { ReleaseChoice } from '../parts/release-choice';
import { type MoreValue, StartMore } from '../parts/start-more';
import { asState, newestComplete, StateChoice, type StateValue } from '../parts/state-choice';
import { StopChoice } from '../parts/stop-choice';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { newKey, write } from '../queries/write';

interface Props {
  team: string;
  job: Job;
  onClose: () => void;
}

function ReplaceQuestions({ team, job, onClose, releases, snapshots }: Props & { releases: ReleaseSummary[]; snapshots: Snapshot[] }) {
  const { t } = useTranslation();
  const running = job.run?.releaseNumber;
  const [release, setRelease] = useState(releases[0]?.number);
  const [stop, setStop] = useState<StopMode>('savepoint');
  const [state, setState] = useState<StateValue>({ from: 'latest', allowNonRestored: false });
  const [more, setMore] = useState<MoreValue>({ claimMode: 'NO_CLAIM' });
  const [key] = useState(newKey);
  const chosen = asState(state);
  const chooseStop = (mode: StopMode) => {
    setStop(mode);
    if (mode === 'cancel' && state.from === 'latest' && !newestComplete(snapshots)) setState({ ...state, from: 'none' });
  };
  const replace = useMutation({
    mutationFn: () =>
      write.replaceJob(
        { team, job: job.id },
        {
          ...(release ? { release } : {}),
          stop,
          state: chosen ?? { from: 'none' },
          allowNonRestoredState: state.from !== 'none' && state.allowNonRestored,
          claimMode: more.claimMode,
          ...(more.parallelism ? { parallelism: more.parallelism } : {}),
        },
        key,
      ),
    onSuccess: onClose,
  });
  const at = (field: string) => (replace.error instanceof ApiProblem ? replace.error.of(field) : undefined);
  const same = release === running;
  const refused = job.actions.replace;
  return (
    <Modal
      open
      destroyOnHidden
      width={640}
      title={t('replace.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => replace.mutate()}
      confirmLoading={replace.isPending}
      okText={same ? t('replace.restart') : t('replace.do', { release: release ?? 0 })}
      cancelText={t('goBack')}
      okButtonProps={{ autoFocus: true, disabled: !chosen || release === undefined || !refused.allowed, 'data-testid': 'replace-confirm' }}
      wrapProps={{ 'data-testid': 'replace-dialog' }}
    >
      <div className="stack-12">
        <Question number={1} title={t('start.whichRelease')} htmlFor="replace-release">
          <ReleaseChoice id="replace-release" releases={releases} value={release} onChange={setRelease} current={running} />
        </Question>
        <Question number={2} title={t('replace.howStop')}>
          <StopChoice value={stop} onChange={chooseStop} />
        </Question>
        <Question number={3} title={t('start.whichState')}>
          <StateChoice
            snapshots={snapshots}
            value={state}
            onChange={setState}
            latestMeans={stop === 'cancel' ? undefined : t('replace.latestMeans')}
            pathProblem={at('state.path')}
          />
        </Question>
        <StartMore value={more} onChange={setMore} withClaim={state.from !== 'none'} problem={at('parallelism')} />
        {!refused.allowed && <Alert type="warning" showIcon title={refused.reason} />}
        <ProblemAlert error={replace.error} />
      </div>
    </Modal>
  );
}

/** Stops what runs and starts a release: the same one is a restart. */
export function JobReplace(props: Props) {
  const { team, job, onClose } = props;
  const { t } = useTranslation();
  // What is chosen from must be as it is now, not as it was when another page read it.
  const releases = useQuery({ ...read.releases(team, job.id), staleTime: 0 });
  const snapshots = useQuery({ ...read.snapshots(team, job.id), staleTime: 0 });
  if (releases.data && snapshots.data && releases.isFetchedAfterMount && snapshots.isFetchedAfterMount) {
    return <ReplaceQuestions {...props} releases={releases.data.items} snapshots={snapshots.data.items} />;
  }
  return (
    <Modal open title={t('replace.title', { name: job.name })} onCancel={onClose} footer={null} width={640}>
      <ProblemAlert error={releases.error ?? snapshots.error} />
      {!releases.error && !snapshots.error && <Skeleton active />}
    </Modal>
  );
}
