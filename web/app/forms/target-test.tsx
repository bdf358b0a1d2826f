import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Target } from '../nouns';
import { ProblemAlert } from '../parts/problem-alert';
import { TargetChecks } from '../parts/target-checks';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** The last test of a target, and another one. */
export function TargetTest({ target, onClose }: { target: Target; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: (probe: boolean) => write.testTarget(target.id, probe),
    onSettled: () => void queries.invalidateQueries({ queryKey: read.targets().queryKey }),
  });
  const cancel = useMutation({ mutationFn: () => write.cancelProbe(target.id) });
  // A probe goes on after the answer: what the list says is newer then.
  const newer = test.data && (!target.test || target.test.testedAt < test.data.testedAt);
  const report = newer ? test.data : target.test;
  return (
    <Modal
      open
      destroyOnHidden
      width={820}
      title={t('targets.testTitle', { name: target.name })}
      onCancel={onClose}
      footer={[
        <Button key="close" onClick={onClose}>
          {t('targets.close')}
        </Button>,
        <Button
          key="probe"
          disabled={test.isPending || report?.probe?.running === true}
          title={t('targets.probeMeans')}
          data-testid="target-test-probe"
          onClick={() => test.mutate(true)}
        >
          {t('targets.testProbe')}
        </Button>,
        <Button key="test" type="primary" loading={test.isPending} data-testid="target-test-again" onClick={() => test.mutate(false)}>
          {report ? t('targets.testAgain') : t('targets.test')}
        </Button>,
      ]}
    >
      <div className="stack-8">
        {report ? <TargetChecks report={report} cancelProbe={() => cancel.mutate()} /> : <p className="quiet">{t('targets.testMeans')}</p>}
        <ProblemAlert error={test.error ?? cancel.error} />
      </div>
    </Modal>
  );
}
