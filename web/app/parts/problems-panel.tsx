import { CloseCircleFilled, InfoCircleFilled, WarningFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Finding } from '../nouns';
import { useDark } from '../preferences';
import type { Check } from '../queries/check';
import { TONES } from '../theme';
import { ProblemAlert } from './problem-alert';

export const errorsIn = (findings: readonly Finding[]) => findings.filter((finding) => finding.severity === 'error').length;

function SeverityIcon({ severity }: { severity: Finding['severity'] }): ReactNode {
  const { t } = useTranslation();
  const tones = TONES[useDark() ? 'dark' : 'light'];
  if (severity === 'error') return <CloseCircleFilled style={{ color: tones.bad.text }} aria-label={t('severity.error')} />;
  if (severity === 'warning') return <WarningFilled style={{ color: tones.warning.text }} aria-label={t('severity.warning')} />;
  return <InfoCircleFilled style={{ color: tones.active.text }} aria-label={t('severity.info')} />;
}

interface RowProps {
  finding: Finding;
  onJump?: ((line: number, column: number) => void) | undefined;
}

function FindingRow({ finding, onJump }: RowProps) {
  const { t } = useTranslation();
  const place = finding.field ? t('tab.configuration') : t('problems.place', { line: finding.line, column: finding.column });
  return (
    <li data-testid="problem-row" data-severity={finding.severity} data-line={finding.line} data-code={finding.code}>
      <SeverityIcon severity={finding.severity} />
      <div className="problem-text">
        {onJump && !finding.field ? (
          <button type="button" className="problem-jump" onClick={() => onJump(finding.line, finding.column)}>
            <span className="wrap">{finding.message}</span>
            <span className="quiet figure problem-place">{place}</span>
          </button>
        ) : (
          <div>
            <span className="wrap">{finding.message}</span> <span className="quiet figure">{place}</span>
          </div>
        )}
        {finding.suggestion && <div className="problem-suggestion">{finding.suggestion}</div>}
        {finding.detail && (
          <details>
            <summary>{t('problems.detail')}</summary>
            <pre className="trace">{finding.detail}</pre>
          </details>
        )}
      </div>
    </li>
  );
}

export function FindingList({ findings, onJump }: { findings: readonly Finding[]; onJump?: RowProps['onJump'] }) {
  return (
    <ol className="problems">
      {findings.map((finding) => (
        <FindingRow
          key={`${finding.field}:${finding.line}:${finding.column}:${finding.code}:${finding.message}`}
          finding={finding}
          onJump={onJump}
        />
      ))}
    </ol>
  );
}

type State = 'checking' | 'clean' | 'findings' | 'failed' | 'empty';

export function stateOf(check: Check): State {
  if (check.checking) return 'checking';
  if (check.error) return 'failed';
  if (!check.report) return 'empty';
  return check.report.findings.length > 0 ? 'findings' : 'clean';
}

/** How the check stands, in a line. */
export function CheckState({ check }: { check: Check }) {
  const { t } = useTranslation();
  const state = stateOf(check);
  const findings = check.report?.findings ?? [];
  const errors = errorsIn(findings);
  const version = check.report?.flinkVersion;
  const warnings = findings.filter((finding) => finding.severity === 'warning').length;
  const counts = [
    errors > 0 && t('check.errors', { count: errors }),
    warnings > 0 && t('check.warnings', { count: warnings }),
    findings.length > errors + warnings && t('check.notes', { count: findings.length - errors - warnings }),
  ];
  return (
    <span data-testid="check-state" data-state={state} data-errors={errors} className={state === 'checking' ? 'quiet' : undefined}>
      {state === 'findings' ? counts.filter(Boolean).join(', ') : t(`check.${state}`)}
      {version && state !== 'failed' && <span className="quiet"> · Flink {version}</span>}
    </span>
  );
}

interface Props {
  check: Check;
  onJump: (line: number, column: number) => void;
}

/** What Flink's planner found; a click goes to the place. */
export function ProblemsPanel({ check, onJump }: Props) {
  const { t } = useTranslation();
  const findings = check.report?.findings ?? [];
  const tables = check.report?.tables;
  return (
    <section className="problems-panel" data-testid="problems" aria-label={t('problems.title')}>
      <header>
        <strong>{t('problems.title')}</strong>
        <span aria-live="polite">
          <CheckState check={check} />
        </span>
        <span className="grow" />
        {tables && (tables.read.length > 0 || tables.written.length > 0) && (
          <span className="quiet ellipsis">
            {tables.read.length > 0 && (
              <span title={tables.read.join('\n')}>{t('problems.reads', { tables: shortNames(tables.read) })}</span>
            )}
            {tables.read.length > 0 && tables.written.length > 0 && ' · '}
            {tables.written.length > 0 && (
              <span title={tables.written.join('\n')}>{t('problems.writes', { tables: shortNames(tables.written) })}</span>
            )}
          </span>
        )}
      </header>
      {check.error !== undefined && <ProblemAlert error={check.error} />}
      {findings.length > 0 && <FindingList findings={findings} onJump={onJump} />}
    </section>
  );
}

const shortNames = (tables: readonly string[]) => tables.map((table) => table.split('.').at(-1)).join(', ');
