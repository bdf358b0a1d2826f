// Checks the script while it is typed: after a pause, one question at a time, late answers dropped.
import { useEffect, useRef, useState } from 'react';
import type { ArtifactRef, CheckReport } from '../nouns';
import { write } from './write';

export interface Check {
  /** The newest report; it may be of the text a moment ago while `checking`. */
  report?: CheckReport;
  error?: unknown;
  checking: boolean;
}

interface Script {
  sql: string;
  /** The cluster whose Flink version judges, else that version. */
  cluster?: string | undefined;
  flinkVersion?: string | undefined;
  configuration: Record<string, string>;
  jars: readonly ArtifactRef[];
}

const PAUSE_MS = 500;

export function useCheck(team: string, script: Script): Check {
  const [check, setCheck] = useState<Check>({ checking: script.sql.trim() !== '' });
  const first = useRef(true);
  const { sql, cluster, flinkVersion } = script;
  const configuration = JSON.stringify(script.configuration);
  const jars = JSON.stringify(script.jars);
  useEffect(() => {
    if (sql.trim() === '') {
      setCheck({ checking: false });
      return;
    }
    const stale = new AbortController();
    const ask = async () => {
      try {
        const body = {
          sql,
          configuration: JSON.parse(configuration) as Record<string, string>,
          jars: JSON.parse(jars) as ArtifactRef[],
          ...(cluster ? { cluster } : flinkVersion ? { flinkVersion } : {}),
        };
        const report = await write.check(team, body, stale.signal);
        if (!stale.signal.aborted) setCheck({ report, checking: false });
      } catch (error) {
        if (!stale.signal.aborted) setCheck({ error, checking: false });
      }
    };
    setCheck((last) => ({ ...last, checking: true }));
    const timer = setTimeout(() => void ask(), first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => {
      clearTimeout(timer);
      stale.abort();
    };
  }, [team, sql, cluster, flinkVersion, configuration, jars]);
  return check;
}
