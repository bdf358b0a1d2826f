import { useMutation, useQuery } from '@tanstack/react-query';
import { Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, ReleaseSummary, Snapshot } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { Question } from '../parts/question';
import { ReleaseChoice } from '../parts/release-choice';
import { type MoreValue, StartMore } from '../parts/start-more';
import { asState, newestComplete, StateChoice, type StateValue } from '../parts/state-choice';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { newKey, write } from '../queries/write';

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

function StartQuestions({
  team,
  job,
  snapshot,
  onClose,
  releases,
  snapshots,
}: Props & { releases: ReleaseSummary[]; snapshots: Snapshot[] }) {
  const { t } = useTranslation();
  const [release, setRelease] = useState(releases[0]?.number);
  const [state, setState] = useState(() => firstState(snapshots, snapshot));
  const [more, setMore] = useState<MoreValue>({ claimMode: 'NO_CLAIM' });
  const [key] = useState(newKey);
  const chosen = asState(state);
  const start = useMutation({
    mutationFn: () =>
      write.startJob(
        { team, job: job.id },
        {
          ...(release ? { release } : {}),
          state: chosen ?? { from: 'none' },
          allowNonRestoredState: state.from !== 'none' && state.allowNonRestored,
          claimMode: more.claimMode,
          ...(more.parallelism ? { parallelism: more.parallelism } : {}),
        },
        key,
      ),
    onSuccess: onClose,
  });
  const at = (field: string) => (start.error instanceof ApiProblem ? start.error.of(field) : undefined);
  const refused = job.actions.start.allowed ? undefined : job.actions.start.reason;
  return (
    <Modal
      open
      destroyOnHidden
      width={640}
      title={t('start.title', { name: job.name })}
      onCancel={onClose}
      onOk={() => start.mutate()}
      confirmLoading={start.isPending}
      okText={t('start.do')}
      cancelText={t('goBack')}
      okButtonProps={{
        autoFocus: true,
        disabled: !chosen || release === undefined || refused !== undefined,
        'data-testid': 'start-confirm',
      }}
      wrapProps={{ 'data-testid': 'start-dialog' }}
    >
      <div className="stack-12">
        <Question number={1} title={t('start.whichRelease')} htmlFor="start-release">
          <ReleaseChoice
            id="start-release"
            releases={releases}
            value={release}
            onChange={setRelease}
            current={job.run?.endedAt ? undefined : job.run?.releaseNumber}
          />
        </Question>
        <Question number={2} title={t('start.whichState')}>
          <StateChoice snapshots={snapshots} value={state} onChange={setState} pathProblem={at('state.path')} />
        </Question>
        <StartMore value={more} onChange={setMore} withClaim={state.from !== 'none'} problem={at('parallelism')} />
        {refused !== undefined && <ProblemAlert error={new ApiProblem({ status: 409, code: job.actions.start.code, detail: refused })} />}
        <ProblemAlert error={start.error} />
      </div>
    </Modal>
  );
}

/** Asks which release and from which state, then starts. */
export function JobStart(props: Props) {
  const { team, job, onClose } = props;
  const { t } = useTranslation();
  // What is chosen from must be as it is now, not as it was when another page read it.
  const releases = useQuery({ ...read.releases(team, job.id), staleTime: 0 });
  const snapshots = useQuery({ ...read.snapshots(team, job.id), staleTime: 0 });
  if (releases.data && snapshots.data && releases.isFetchedAfterMount && snapshots.isFetchedAfterMount) {
    return <StartQuestions {...props} releases={releases.data.items} snapshots={snapshots.data.items} />;
  }
  return (
    <Modal open title={t('start.title', { name: job.name })} onCancel={onClose} footer={null} width={640}>
      <ProblemAlert error={releases.error ?? snapshots.error} />
      {!releases.error && !snapshots.error && <Skeleton active />}
    </Modal>
  );
}
