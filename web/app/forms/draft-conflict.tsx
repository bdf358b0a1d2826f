import { Button, Modal } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { jarText, refText, specOf, TEMPLATES } from '../draft-edit';
import type { Draft } from '../nouns';
import { Ago } from '../parts/ago';
import { ProblemAlert } from '../parts/problem-alert';
import { ApiProblem } from '../problem';
import type { Editing } from '../queries/draft-editing';

const SqlDiff = lazy(() => import('../parts/sql-diff').then((part) => ({ default: part.SqlDiff })));

/** A spec as text, so that settings are compared together with the script. */
export function asText(spec: ReturnType<typeof specOf>, placeName: (id: string) => string): string {
  const { targetId, flinkVersion } = spec.application ?? {};
  const settings = [
    ...(spec.clusterId ? [`-- cluster: ${placeName(spec.clusterId)}`] : []),
    ...(spec.application ? [`-- a cluster of its own in target: ${targetId ? placeName(targetId) : '?'}`] : []),
    ...(flinkVersion ? [`-- Flink version: ${flinkVersion}`] : []),
    ...(spec.parallelism ? [`-- parallelism: ${spec.parallelism}`] : []),
    ...spec.jars.map((jar) => `-- jar: ${refText(jar)}`),
    ...(spec.program
      ? [
          `-- program: ${jarText(spec.program)} ${spec.program.entryClass ?? ''}`,
          ...spec.program.args.map((arg) => `-- arg: ${JSON.stringify(arg)}`),
        ]
      : []),
    ...Object.entries(spec.configuration)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `-- ${key}: ${value}`),
    ...TEMPLATES.flatMap((field) => spec[field]?.split('\n').map((line) => `-- ${field}: ${line}`) ?? []),
  ];
  return [...settings, ...(settings.length > 0 ? [''] : []), spec.sql].join('\n');
}

interface Props {
  editing: Editing;
  theirs: Draft;
  placeName: (id: string) => string;
  onClose: () => void;
}

/** Somebody else saved meanwhile: both texts, and which is to be the newest. Neither is lost. */
export function DraftConflict({ editing, theirs, placeName, onClose }: Props) {
  const { t } = useTranslation();
  const conflict = editing.error instanceof ApiProblem && editing.error.current !== undefined;
  return (
    <Modal
      open
      width={1100}
      title={t('conflict.title', { who: theirs.savedBy.name, revision: theirs.revision })}
      onCancel={onClose}
      wrapProps={{ 'data-testid': 'conflict-dialog' }}
      footer={[
        <Button key="back" onClick={onClose}>
          {t('conflict.later')}
        </Button>,
        <Button
          key="take"
          data-testid="conflict-take"
          onClick={() => {
            editing.takeTheirs();
            onClose();
          }}
        >
          {t('conflict.take')}
        </Button>,
        <Button
          key="keep"
          type="primary"
          data-testid="conflict-keep"
          loading={editing.saving}
          onClick={() => void editing.keepMine().then(onClose, () => undefined)}
        >
          {t('conflict.keep', { revision: theirs.revision + 1 })}
        </Button>,
      ]}
    >
      <div className="stack-12">
        <p>
          {t('conflict.means', { base: editing.edit.base })} <Ago at={theirs.savedAt} />
        </p>
        <Suspense fallback={null}>
          <SqlDiff
            left={asText(specOf(theirs.spec), placeName)}
            right={asText(editing.edit.spec, placeName)}
            leftTitle={t('conflict.theirs', { who: theirs.savedBy.name, revision: theirs.revision })}
            rightTitle={t('conflict.mine')}
          />
        </Suspense>
        {!conflict && <ProblemAlert error={editing.error} />}
      </div>
    </Modal>
  );
}
