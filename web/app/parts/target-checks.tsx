import { CheckCircleFilled, CloseCircleFilled, QuestionCircleOutlined } from '@ant-design/icons';
import { Alert, Button, Collapse, Table } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { TargetCheck, TargetProbe, TargetReport } from '../nouns';
import type { Tone } from '../theme';
import { Ago } from './ago';
import { ToneTag } from './label-tag';

const LOOKS: Record<TargetCheck['outcome'], { tone: Tone; icon: ReactNode }> = {
  ok: { tone: 'good', icon: <CheckCircleFilled /> },
  failed: { tone: 'bad', icon: <CloseCircleFilled /> },
  not_tested: { tone: 'neutral', icon: <QuestionCircleOutlined /> },
};

/** What a test found in a word: how many failed, or that the target was changed since. */
export function TargetState({ test }: { test?: TargetReport | null | undefined }) {
  const { t } = useTranslation();
  if (!test) return <span className="quiet">{t('targets.untested')}</span>;
  const failed = test.checks.filter((check) => check.outcome === 'failed').length;
  const outcome = test.ok ? 'ok' : 'failed';
  return (
    <ToneTag {...(test.outdated ? { tone: 'warning' as const, icon: <QuestionCircleOutlined /> } : LOOKS[outcome])}>
      {test.outdated ? t('targets.outdated') : test.ok ? t('targets.fine') : t('targets.failed', { count: failed })}
    </ToneTag>
  );
}

/** How a probe pod goes, and the way to end it. */
function ProbeState({ probe, cancel }: { probe: TargetProbe; cancel: (() => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <Alert
      type={probe.running ? 'info' : probe.ok ? 'success' : 'error'}
      showIcon
      data-testid="target-probe"
      title={t('targets.probe', { version: probe.flinkVersion })}
      description={probe.sentence}
      action={
        probe.running &&
        cancel && (
          <Button size="small" onClick={cancel} data-testid="target-probe-cancel">
            {t('targets.probeCancel')}
          </Button>
        )
      }
    />
  );
}

/** A report: what failed first, with how to mend it. */
export function TargetChecks({ report, cancelProbe }: { report: TargetReport; cancelProbe?: () => void }) {
  const { t } = useTranslation();
  const { probe } = report;
  const checks = [...report.checks, ...(probe?.checks ?? [])];
  const of = (outcome: TargetCheck['outcome']) => checks.filter((check) => check.outcome === outcome);
  const [worth, fine] = [[...of('failed'), ...of('not_tested')], of('ok')];
  return (
    <div className="stack-8" data-testid="target-report" data-ok={report.ok} aria-live="polite">
      <Alert
        type={report.ok ? 'success' : 'error'}
        showIcon
        title={report.ok ? t('targets.runs') : t('targets.runsNot')}
        description={
          <span>
            {report.version ? t('targets.version', { version: report.version }) : t('targets.noVersion')} · <Ago at={report.testedAt} />
          </span>
        }
      />
      {probe && <ProbeState probe={probe} cancel={cancelProbe} />}
      {worth.length > 0 && (
        <Table<TargetCheck>
          size="small"
          rowKey="what"
          dataSource={worth}
          pagination={false}
          tableLayout="fixed"
          scroll={worth.length > 8 ? { y: 320 } : {}}
          columns={[
            {
              title: t('targets.check'),
              width: 230,
              render: (_, check) => <span className="wrap">{check.what}</span>,
            },
            {
              title: t('targets.outcome'),
              width: 120,
              render: (_, { outcome }) => <ToneTag {...LOOKS[outcome]}>{t(`targets.outcome.${outcome}`)}</ToneTag>,
            },
            { title: t('targets.mend'), render: (_, check) => <span className="wrap">{check.message}</span> },
          ]}
        />
      )}
      {fine.length > 0 && (
        <Collapse
          size="small"
          ghost
          items={[
            {
              key: 'fine',
              label: t('targets.fineChecks', { count: fine.length }),
              children: (
                <ul className="plain-list fine-checks">
                  {fine.map(({ what }) => (
                    <li key={what}>{what}</li>
                  ))}
                </ul>
              ),
            },
          ]}
        />
      )}
    </div>
  );
}
